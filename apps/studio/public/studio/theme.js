// Runs before anything is painted: what was chosen must not show late. No module: those wait.
try {
  document.documentElement.dataset.theme = localStorage.getItem('talus-docs-theme') ?? 'system'
} catch {
  // A browser that keeps nothing shows the theme of the system.
}
