// What curl would do: the REST interface, one request after the other.
const server = process.argv[2] ?? 'http://localhost:5000'

/**
 * @param {'GET' | 'POST' | 'DELETE'} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<{ session_id: string, result: { node_id: string } }>}
 */
async function request(method, path, body) {
  const response = await fetch(`${server}/api/v1${path}`, {
    method,
    headers: { 'x-actor-id': 'ada', ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  const answer = JSON.parse(await response.text())
  console.log(`${method} ${path} -> ${response.status}`, answer)
  return answer
}

await request('GET', '/health')

const { session_id } = await request('POST', '/sessions', {})

const { result } = await request('POST', '/commands/execute', {
  session_id,
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', name: 'Cut the trailer' },
})
const { node_id } = result

// Sent twice under one id, executed once: the second answer says `duplicate`.
const rename = {
  session_id,
  command_id: 'rename-1',
  command_type: 'UpdateProperty',
  data: { node_id, property_id: 'name', new_value: 'Cut the teaser' },
}
await request('POST', '/commands/execute', rename)
await request('POST', '/commands/execute', rename)

await request('GET', `/graph?session_id=${session_id}`)
await request('GET', `/sessions/${session_id}/changes?after_seq=1`)

await request('POST', '/commands/preview', {
  session_id,
  command_type: 'DeleteNode',
  data: { node_id },
})
await request('POST', `/sessions/${session_id}/undo`, {})
await request('POST', `/sessions/${session_id}/redo`, {})

// A refusal: status, code, and what was expected where.
await request('POST', '/commands/execute', {
  session_id,
  command_type: 'CreateNode',
  data: { blueprint_type_id: 'task', parent_id: 'nowhere' },
})

await request('GET', '/sessions')
await request('DELETE', `/sessions/${session_id}`)
