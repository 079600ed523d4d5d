import { API_PREFIX } from '@talus/protocol'
import { request } from 'node:http'

type Call = {
  method?: 'GET' | 'POST' | 'DELETE'
  path: string
  body?: string
  /** Of whoever asks, where the server wants to know. */
  token?: string
}

/** Asks the REST API on a connection of its own and throws unless the answer is a success. */
export function call(url: string, { method = 'GET', path, body, token }: Call): Promise<Buffer> {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const asked = request(`${url}${API_PREFIX}${path}`, { method, headers, agent: false })
    asked.on('error', reject).on('response', (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const answer = Buffer.concat(chunks)
        const { statusCode = 0 } = response
        if (statusCode >= 200 && statusCode < 300) return resolve(answer)
        reject(new Error(`${method} ${path}: ${statusCode} ${answer.toString('utf8', 0, 500)}`))
      })
    })
    asked.end(body)
  })
}
