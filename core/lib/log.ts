import pino, { type Logger as PinoLogger } from "pino"
import { printableJson } from "./plain-text.ts"

export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error"> & {
	child(bindings: Record<string, unknown>): Logger
}

/**
 * JSON lines on standard output; anything that looks like a credential is replaced before it is written, and
 * characters that a terminal obeys are escaped.
 */
export function createLogger(service: string, level = "info"): Logger {
	return pino({
		name: service,
		level,
		base: { service },
		timestamp: pino.stdTimeFunctions.isoTime,
		hooks: { streamWrite: printableJson },
		formatters: { level: (label) => ({ level: label }) },
		redact: {
			paths: [
				"password",
				"token",
				"secret",
				"authorization",
				"*.password",
				"*.token",
				"*.secret",
				"*.authorization",
				"headers.authorization",
				"headers.cookie",
			],
			censor: "[redacted]",
		},
	})
}

/** A logger that says nothing, for tests of things that log. */
export const silentLogger: Logger = pino({ level: "silent" })
