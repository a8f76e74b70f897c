/** Control characters besides line breaks and tabs, and those that change the direction of the text behind them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
const UNSAFE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/

/** The first character that makes a text read otherwise than it is, as `U+202E`; undefined when there is none. */
export function unsafeCharacter(text: string): string | undefined {
	const found = UNSAFE.exec(text)?.[0]
	return found === undefined ? undefined : `U+${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`
}

/** The text with such characters replaced, for a terminal. */
export const printable = (text: string): string => text.replace(new RegExp(UNSAFE, "g"), "\ufffd")

/** Whether Prometheus or Alertmanager would take a part of the text for a template. */
export const hasTemplate = (text: string): boolean => text.includes("{{")

/** What an address needs beside being one: a notification links to it, and templates are expanded in it. */
const WEB_ADDRESS = /^https?:\/\/[^\s{}"'<>`\\^|]+$/
export const EXPECTED_ADDRESS = "expected an http:// or https:// address without spaces, quotes and braces"

/** Whether a text is an address that people can be sent to. */
export const isWebAddress = (text: string): boolean =>
	WEB_ADDRESS.test(text) && unsafeCharacter(text) === undefined && URL.canParse(text)
