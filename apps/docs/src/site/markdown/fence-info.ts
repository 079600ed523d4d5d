/** What stands behind the backticks: `ts title="server.ts" tab="TypeScript" run`. */
export type FenceInfo = { language: string; title?: string; tab?: string }

export function fenceInfo(info: string): FenceInfo {
  const [language = ''] = info.trim().split(/\s+/)
  const attribute = (name: string) =>
    new RegExp(`(?:^|\\s)${name}=(?:"([^"]*)"|(\\S+))`).exec(info)?.slice(1).find(Boolean)
  const title = attribute('title')
  const tab = attribute('tab')
  return { language, ...(title ? { title } : {}), ...(tab ? { tab } : {}) }
}
