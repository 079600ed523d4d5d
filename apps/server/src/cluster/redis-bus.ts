import { SettingError } from '../errors.js'
import type { Bus, Message, OpenBus } from './bus.js'

/** First and longest pause before a reconnect, in milliseconds; it doubles each time. */
const RETRY_MS = 50
const LONGEST_RETRY_MS = 1_000

/** Connect timeout in milliseconds. */
const CONNECT_MS = 2_000

/** Ping interval in milliseconds, to detect a frozen Redis. */
const PING_MS = 1_000

/**
 * Messages over Redis pub/sub. Does not use the Redis adapters of Socket.IO: they carry broadcasts to
 * Socket.IO rooms, which this server does not use, and a failed publish there is an unhandled
 * rejection, which would end the process when Redis fails.
 */
export function redisBus(url: string): OpenBus {
  return async (channel, { onMessage, onConnected, onFault }) => {
    const { createClient } = await loadDriver()
    const create = () =>
      createClient({
        url,
        // Messages are useless once they are late.
        disableOfflineQueue: true,
        pingInterval: PING_MS,
        socket: {
          connectTimeout: CONNECT_MS,
          socketTimeout: 3 * PING_MS,
          reconnectStrategy: (tries) => Math.min(LONGEST_RETRY_MS, RETRY_MS * 2 ** tries),
        },
      }).on('error', onFault)
    const [publisher, subscriber] = [create(), create()]
    let isClosed = false
    const listener = (text: string) => {
      const message = parsed(text)
      if (message) onMessage(message)
    }
    let isSubscribed = false
    const isConnected = () => publisher.isReady && subscriber.isReady && isSubscribed
    const greet = () => {
      if (isConnected()) onConnected()
    }
    publisher.on('ready', greet)
    subscriber.on('ready', () => {
      // After a reconnect, the driver has restored the subscription before it emits `ready`.
      if (isSubscribed) return greet()
      subscriber.subscribe(channel, listener).then(() => {
        isSubscribed = true
        greet()
      }, onFault)
    })
    const connect = () => Promise.all([publisher.connect(), subscriber.connect()])
    // The server starts and runs without Redis too: `Following` polls the journal.
    void connect().catch((error: unknown) => {
      if (!isClosed) onFault(error)
    })
    const bus: Bus = {
      send(message) {
        if (!publisher.isReady) return
        publisher.publish(channel, JSON.stringify(message)).catch(onFault)
      },
      get isConnected() {
        return isConnected()
      },
      async close() {
        isClosed = true
        // Flush pending messages if possible.
        if (publisher.isReady) await publisher.close().catch(onFault)
        for (const client of [publisher, subscriber]) if (client.isOpen) client.destroy()
      },
    }
    return bus
  }
}

function parsed(text: string): Message | undefined {
  try {
    return JSON.parse(text) as Message
  } catch {
    // Published by another program on the same channel.
    return undefined
  }
}

async function loadDriver() {
  try {
    return await import('@redis/client')
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND'))
      throw cause
    throw new SettingError(
      '--redis-url (REDIS_URL) needs the optional package @redis/client: install it',
      {
        cause,
      },
    )
  }
}
