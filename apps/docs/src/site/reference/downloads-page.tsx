import { Heading, render } from '../html.js'
import type { SitePage } from '../page.js'
import { placeOf, siteLink } from '../places.js'
import type { Sources } from '../sources.js'

/** Files to take away, by their path below the page of downloads. */
export function downloadsOf({ contractText, specifications }: Sources): Map<string, string> {
  return new Map([['contract.json', contractText], ...specifications])
}

const WHOLE: Record<string, string> = {
  'asyncapi.json': 'AsyncAPI 3: both Socket.IO namespaces',
  'openapi.json': 'OpenAPI 3.1: the REST interface',
  'contract.json': 'The contract itself: every message as JSON Schema, with examples',
}

const FOLDERS: Record<string, string> = {
  client: 'Messages of clients, and their acknowledgements',
  root: 'Messages of the server on /',
  graph: 'Messages of the server on /graph',
  command: 'Commands, inside execute_command',
  rest: 'Bodies of requests and responses',
  model: 'Shared schemas',
}

function FileList({ files }: { files: readonly string[] }) {
  return (
    <ul className="files">
      {files.map((file) => (
        <li key={file}>
          <a href={siteLink(placeOf.downloads + file)}>{file.split('/').at(-1)}</a>
        </li>
      ))}
    </ul>
  )
}

export function downloadsPage(sources: Sources): SitePage {
  const files = [...downloadsOf(sources).keys()]
  const body = render(
    <>
      <Heading level={2} id="specifications" text="Specifications" />
      <dl className="downloads">
        {Object.entries(WHOLE).map(([file, what]) => (
          <div key={file}>
            <dt>
              <a href={siteLink(placeOf.downloads + file)}>{file}</a>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <Heading level={2} id="json-schemas" text="JSON Schemas" />
      <p>JSON Schema 2020-12, one file for each message. References are relative to the file.</p>
      {Object.entries(FOLDERS).map(([folder, what]) => (
        <section key={folder}>
          <Heading level={3} id={`schemas-${folder}`} text={what} />
          <FileList files={files.filter((file) => file.startsWith(`schemas/${folder}/`))} />
        </section>
      ))}
    </>,
  )
  return {
    path: placeOf.downloads,
    title: 'Downloads',
    description: 'AsyncAPI, OpenAPI and JSON Schemas, for generating code and validation.',
    body,
  }
}
