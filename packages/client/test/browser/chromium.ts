import { existsSync } from 'node:fs'
import { chromium, type Browser } from 'playwright-core'

export const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export const INSTALL = `${CHROMIUM} is missing. Install it (Debian: apt-get install -y chromium), or say where
another Chromium is (CHROMIUM=/path/to/it), and run the tests anew (pnpm test --force).`

/** Whether to pass over what needs a browser: never in CI, where its absence is a failure. */
export function isWithoutBrowser(): boolean {
  if (existsSync(CHROMIUM) || process.env['CI']) return false
  console.warn(`Tests in a real browser are skipped: ${INSTALL}`)
  return true
}

/** Only ends what hangs: of playwright's own limit of 30 s a busy machine may need more. */
export const HANGS_AFTER_MS = 170_000

/** Rejects with how to install it when there is no Chromium. */
export async function launchChromium(): Promise<Browser> {
  if (!existsSync(CHROMIUM)) throw new Error(INSTALL)
  // Containers and root, as in CI, have no sandbox; only pages of the tests are opened.
  const args = ['--no-sandbox', '--disable-gpu']
  return chromium.launch({ executablePath: CHROMIUM, args, timeout: HANGS_AFTER_MS })
}
