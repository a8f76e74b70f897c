import pino, { type Logger as PinoLogger } from "pino"
import { LogOutput, type LogOutputOptions } from "./log-output.ts"
import { printableJson } from "./plain-text.ts"

export type Logger = Pick<PinoLogger, "debug" | "info" | "warn" | "error"> & {
	child(bindings: Record<string, unknown>): Logger
}

/**
 * JSON lines on standard output; anything that looks like a credential is replaced before it is written, and characters
 * that a terminal obeys are escaped. Lines that cannot be written are dropped and counted.
 */
export function createLogger(
	service: string,
	level = "info",
	output: Pick<LogOutputOptions, "fd" | "write"> = {},
): Logger {
	const options = {
		name: service,
		level,
		base: { service },
		timestamp: pino.stdTimeFunctions.isoTime,
		hooks: { streamWrite: printableJson },
		formatters: { level: (label: string) => ({ level: label }) },
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
	}
	return pino(options, new LogOutput({ ...output, notice: (dropped, reason) => droppedLine(service, dropped, reason) }))
}

function droppedLine(service: string, dropped: number, reason: string): string {
	const line = {
		level: "warn",
		time: new Date().toISOString(),
		service,
		dropped,
		reason,
		msg: "log lines were dropped",
	}
	return `${JSON.stringify(line)}\n`
}

/** A logger that says nothing, for tests of things that log. */
export const silentLogger: Logger = pino({ level: "silent" })
