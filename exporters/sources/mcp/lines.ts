/** The longest message of a server in bytes. */
const LONGEST = 10 * 1024 * 1024
const NEWLINE = 0x0a

/** Splits a byte stream into lines of bounded length. */
export class Lines {
	#parts: Buffer[] = []
	#length = 0

	/**
	 * Calls `online` with each line that the chunk completes, until it returns false. Returns false once a line is too long.
	 */
	push(chunk: Buffer, online: (line: string) => boolean): boolean {
		let from = 0
		for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
			const line = Buffer.concat([...this.#parts, chunk.subarray(from, at)]).toString("utf8")
			this.#parts = []
			this.#length = 0
			from = at + 1
			if (!online(line)) return true
		}
		this.#parts.push(chunk.subarray(from))
		this.#length += chunk.length - from
		return this.#length <= LONGEST
	}
}
