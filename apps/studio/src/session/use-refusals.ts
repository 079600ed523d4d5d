import { useSession } from '@talus/client/react'
import { useEffect } from 'react'
import { detailsOf } from '../parts/loaded.js'
import { notify } from '../parts/notices.js'

/** Shows a notification for each rejected command; fields show the error as well. */
export function useRefusals(): void {
  const session = useSession()
  useEffect(
    () =>
      session.on('rejected', (error) => {
        if (error.code === 'LEFT' || error.code === 'CLOSED') return
        notify({
          title: error.message,
          text: [...detailsOf(error), 'The change was taken back.'].join('. '),
          look: 'problem',
        })
      }),
    [session],
  )
}
