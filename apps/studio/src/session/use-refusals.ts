import { useSession } from '@talus/client/react'
import { useEffect } from 'react'
import { detailsOf } from '../parts/loaded.js'
import { notify } from '../parts/notices.js'

/** Says what the server refused; fields say it themselves, too. */
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
