import { writeSync } from "node:fs"

/** Writes bytes from `offset` on and returns how many, like `fs.writeSync`. */
export type WriteBytes = (fd: number, bytes: Uint8Array, offset: number) => number

export interface LogOutputOptions {
	/** The line about earlier ones that were dropped, and the first reason. */
	notice(dropped: number, reason: string): string
	readonly fd?: number
	readonly write?: WriteBytes
	/** Milliseconds between two tries to write that line while no other is written. */
	readonly retryEveryMs?: number
}

/** How long a full pipe may block the program, in milliseconds, before a line is dropped. */
const PIPE_PATIENCE_MS = 1_000
const PIPE_PAUSE_MS = 10

/**
 * Where log lines go. A full or read-only disk, and a reader that is gone, cost lines and never the program: lines that
 * cannot be written are dropped and counted, and the count is written as soon as there is space again.
 */
export class LogOutput {
	readonly #options: LogOutputOptions
	readonly #write: WriteBytes
	#dropped = 0
	#reason = ""
	/** The last line was cut off, so the next begins on a new one. */
	#torn = false
	#timer: NodeJS.Timeout | undefined

	constructor(options: LogOutputOptions) {
		this.#options = options
		this.#write = options.write ?? ((fd, bytes, offset) => writeSync(fd, bytes, offset))
	}

	/** Writes one or more whole lines, or counts them as one. */
	write(text: string): void {
		if (this.#reportDropped() && this.#put(text)) return
		this.#dropped += 1
		// No periodic task: that one logs, and this is the log.
		this.#timer ??= setInterval(() => this.#reportDropped(), this.#options.retryEveryMs ?? 1_000).unref()
	}

	/** True when nothing is left to report. */
	#reportDropped(): boolean {
		if (this.#dropped === 0) return true
		if (!this.#put(this.#options.notice(this.#dropped, this.#reason))) return false
		this.#dropped = 0
		this.#reason = ""
		clearInterval(this.#timer)
		this.#timer = undefined
		return true
	}

	#put(text: string): boolean {
		const bytes = Buffer.from(this.#torn ? `\n${text}` : text)
		let offset = 0
		// Once lines were dropped, a full pipe is not waited for any more.
		let patience = this.#dropped === 0 ? PIPE_PATIENCE_MS / PIPE_PAUSE_MS : 0
		while (offset < bytes.length) {
			try {
				offset += this.#write(this.#options.fd ?? 1, bytes, offset)
			} catch (error) {
				const { code, message } = error as NodeJS.ErrnoException
				if (code === "EAGAIN" && patience-- > 0) {
					Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_PAUSE_MS)
					continue
				}
				this.#reason ||= code ?? message
				this.#torn ||= offset > 0
				return false
			}
		}
		this.#torn = false
		return true
	}
}
