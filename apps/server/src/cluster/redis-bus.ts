import { SettingError } from '../errors.js'
import type { Bus, Message, OpenBus } from './bus.js'

/** Milliseconds until a lost connection is tried again: a little more each time. */
const RETRY_MS = 50
const LONGEST_RETRY_MS = 1_000

/** Milliseconds until a connection that does not come about is given up. */
const CONNECT_MS = 2_000

/** Redis is asked whether it is there, so that a frozen one is noticed. */
const PING_MS = 1_000

/**
 * Messages over Redis, published and forgotten. The adapters of Socket.IO for Redis carry broadcasts
 * to rooms of Socket.IO, which are not used here; and a publication that fails is a rejection that
 * nobody handles there, which would end the process when Redis goes.
 */
export function redisBus(url: string): OpenBus {
  return async (channel, { onMessage, onConnected, onFault }) => {
    const { createClient } = await loadDriver()
    const create = () =>
      createClient({
        url,
        // What cannot be sent now is of no use later.
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
      // A subscription is taken up again by the client itself, before it says that it is ready.
      if (isSubscribed) return greet()
      subscriber.subscribe(channel, listener).then(() => {
        isSubscribed = true
        greet()
      }, onFault)
    })
    const connect = () => Promise.all([publisher.connect(), subscriber.connect()])
    // A server starts without Redis, and goes on without it: what is told there can be found out.
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
        // What was sent last goes out first, if it can.
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
    // Somebody else uses the channel.
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
