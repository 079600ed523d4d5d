import type { Exchange, Message } from './messages.js'

/** How a namespace is called where its address cannot be. */
const CHANNELS: Record<string, { id: string; description: string }> = {
  '/': { id: 'root', description: 'Connect, then `join_session`; several sessions if need be.' },
  '/graph': { id: 'graph', description: 'The handshake names the one session of the connection.' },
}

export function channelOf(namespace: string): { id: string; description: string } {
  const channel = CHANNELS[namespace]
  if (channel === undefined) throw new Error(`The namespace ${namespace} has no channel`)
  return channel
}

/** The messages of a channel by key, replies included. */
export function messagesOf(exchanges: Exchange[]): Record<string, Message> {
  const messages = exchanges.flatMap(({ key, message, reply }): [string, Message][] =>
    reply === undefined
      ? [[key, message]]
      : [
          [key, message],
          [reply.key, reply.message],
        ],
  )
  return Object.fromEntries(messages)
}

/** The operation of one exchange in a channel. */
export function operationOf(channel: string, { action, key, message, ...rest }: Exchange) {
  const here = { $ref: `#/channels/${channel}` }
  const named = (name: string) => [{ $ref: `#/channels/${channel}/messages/${name}` }]
  return {
    action,
    channel: here,
    summary: message.summary,
    messages: named(key),
    ...(rest.reply === undefined
      ? {}
      : { reply: { channel: here, messages: named(rest.reply.key) } }),
    ...(rest.requires === undefined ? {} : { 'x-required-role': rest.requires }),
  }
}
