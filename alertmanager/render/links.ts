/** The addresses that links in notifications may begin with. */
export interface LinkBases {
	/** The console, without a slash at its end. Acknowledgement links lead nowhere else. */
	readonly console: string
	/** Grafana, and where runbooks are read. */
	readonly others: readonly string[]
}

/**
 * The generated templates of links. An alert's annotations may say anything: an address that does not begin with a
 * configured one, or has characters that end a link, is left out. The argument of a link is a list: the text before the
 * address, the address, the text after it.
 */
export function linkTemplates({ console, others }: LinkBases): string {
	const ours = startsWith([console, ...others].flatMap(onLoopback))
	const inConsole = startsWith(onLoopback(console))
	const acknowledgement = startsWith(onLoopback(`${console}/acknowledge`))
	const consoleUrl = "index . 0"
	return `${[
		define("console", `${console}/`),
		define(
			"console.or.alert",
			`{{ if ${matches(inConsole, consoleUrl)} }}{{ ${consoleUrl} }}{{ else }}${console}/alerts/{{ index . 1 }}{{ end }}`,
		),
		define("link", link(ours, ADDRESS)),
		define("slack.link", link(ours, SLACK_ADDRESS)),
		define("link.acknowledge", link(acknowledgement, ADDRESS)),
		define("slack.link.acknowledge", link(acknowledgement, SLACK_ADDRESS)),
	].join("\n")}\n`
}

const ADDRESS = "index . 1"
const SLACK_ADDRESS = 'index . 1 | reReplaceAll "&" "&amp;"'

const define = (name: string, body: string) => `{{ define "observatory.${name}" }}${body}{{ end }}`

const matches = (pattern: string, value: string) => `match \`${pattern}\` (${value})`

const link = (pattern: string, address: string) =>
	`{{ if ${matches(pattern, ADDRESS)} }}{{ index . 0 }}{{ ${address} }}{{ index . 2 }}{{ end }}`

/** No white space, quotes, brackets or bars; a base is not continued by more of a host name. */
const startsWith = (bases: readonly string[]): string =>
	`^(?:${[...new Set(bases)].map(literal).join("|")})(?:[/?#][A-Za-z0-9._~:/?#@!$&()*+,;=%-]*)?$`

/** Both names of this machine: one part of a local set-up says localhost, another one 127.0.0.1. */
const onLoopback = (url: string): string[] =>
	["localhost", "127.0.0.1"].map((host) =>
		url.replace(/^(https?:\/\/)(?:localhost|127\.0\.0\.1)(?=[:/]|$)/, `$1${host}`),
	)

/** Text as a pattern of Go's regular expressions, within back quotes. */
const literal = (text: string): string =>
	text.replace(/[^A-Za-z0-9:/_-]/gu, (character) => `\\x{${character.codePointAt(0)?.toString(16)}}`)
