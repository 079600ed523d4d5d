import { useEffect, useState } from 'react'
import { usePerson } from '../account/account.js'
import { Scrape } from './metrics.js'

const AGAIN_MS = 2_000
/** Five minutes. */
const MOST = 150

/** Why there are no metrics to show. */
export type Refused = { status: number; reason: string }

/** Polls the metrics of the server while the page is visible. */
export function useMetrics(): { scrapes: readonly Scrape[]; refused: Refused | undefined } {
  const { token } = usePerson()
  const [scrapes, setScrapes] = useState<readonly Scrape[]>([])
  const [refused, setRefused] = useState<Refused>()
  useEffect(() => {
    const gone = new AbortController()
    async function take(): Promise<void> {
      try {
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
        const answer = await fetch('metrics', { headers, signal: gone.signal })
        const text = await answer.text()
        if (!answer.ok) return setRefused({ status: answer.status, reason: reasonIn(text) })
        setRefused(undefined)
        setScrapes((last) => [...last, new Scrape(text, Date.now())].slice(-MOST))
      } catch {
        if (!gone.signal.aborted) setRefused({ status: 0, reason: 'The server does not answer' })
      }
    }
    void take()
    const timer = setInterval(() => void take(), AGAIN_MS)
    return () => {
      gone.abort()
      clearInterval(timer)
    }
  }, [token])
  return { scrapes, refused }
}

function reasonIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { error?: { message?: unknown } }
    return typeof error?.message === 'string' ? error.message : ''
  } catch {
    return text.slice(0, 200)
  }
}
