import hljs from 'highlight.js/lib/core'
import bash from 'highlight.js/lib/languages/bash'
import http from 'highlight.js/lib/languages/http'
import javascript from 'highlight.js/lib/languages/javascript'
import json from 'highlight.js/lib/languages/json'
import python from 'highlight.js/lib/languages/python'
import typescript from 'highlight.js/lib/languages/typescript'
import xml from 'highlight.js/lib/languages/xml'
import yaml from 'highlight.js/lib/languages/yaml'
import { escapeHtml } from './escape.js'

const LANGUAGES = { bash, http, javascript, json, python, typescript, xml, yaml }
for (const [name, language] of Object.entries(LANGUAGES)) hljs.registerLanguage(name, language)
hljs.registerAliases('html', { languageName: 'xml' })

/** Words for text that has no colours. */
const PLAIN = ['', 'text', 'txt']

/** Code as HTML, coloured by classes. Throws for a language that nobody knows. */
export function highlight(code: string, language: string): string {
  if (PLAIN.includes(language)) return escapeHtml(code)
  if (hljs.getLanguage(language) === undefined) {
    throw new Error(`Code in ${language} cannot be coloured`)
  }
  return hljs.highlight(code, { language }).value
}
