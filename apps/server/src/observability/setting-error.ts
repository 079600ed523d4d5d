/** A setting that cannot be put into effect, in words for whoever starts the server. */
export class SettingError extends Error {
  override readonly name = 'SettingError'
}
