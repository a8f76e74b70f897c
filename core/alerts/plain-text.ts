import { unsafeCharacter } from "../lib/plain-text.ts"

/** Whether Prometheus or Alertmanager would take a part of the text for a template. */
export const hasTemplate = (text: string): boolean => text.includes("{{")

/** What an address needs beside being one: a notification links to it, and templates are expanded in it. */
const WEB_ADDRESS = /^https?:\/\/[^\s{}"'<>`\\^|]+$/
export const EXPECTED_ADDRESS = "expected an http:// or https:// address without spaces, quotes and braces"

/** Whether a text is an address that people can be sent to. */
export const isWebAddress = (text: string): boolean =>
	WEB_ADDRESS.test(text) && unsafeCharacter(text) === undefined && URL.canParse(text)
