import { expect, test } from 'vitest'
import { ROUTES } from '../src/index.js'

type Route = { method: string; path: string; params?: { properties: object } | undefined }

const routes: [string, Route][] = Object.entries(ROUTES)

test.each(routes)('%s declares the parameters of its path', (_name, { path, params }) => {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
  expect(Object.keys(params?.properties ?? {})).toEqual(inPath)
})

test('no two routes share method and path', () => {
  const keys = routes.map(([, { method, path }]) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`)
  expect(new Set(keys).size).toBe(keys.length)
})
