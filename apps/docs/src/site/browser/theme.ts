// Runs before anything is painted: what was chosen must not show late.
import { chosenTheme } from './theme-choice.js'

const root = document.documentElement
root.classList.add('script')
root.dataset['theme'] = chosenTheme()
