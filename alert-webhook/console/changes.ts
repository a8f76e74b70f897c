import { sql } from "drizzle-orm"
import type { Response } from "express"
import { messageOf } from "../../core/lib/errors.ts"
import type { Context } from "../context.ts"

/** Most pages that one process keeps informed; the next one is told to come back later. */
const MOST = 500

/**
 * Tells open pages that something has changed. One cheap question to the database every `intervalMs`, whatever the
 * number of pages, and none while nobody looks; so it does not matter which replica made the change.
 */
export class Changes {
	readonly #ctx: Context
	readonly #intervalMs: number
	readonly #pages = new Set<Response>()
	#timer: NodeJS.Timeout | undefined
	#revision: string | undefined
	#beats = 0

	constructor(ctx: Context, intervalMs = 2_000) {
		this.#ctx = ctx
		this.#intervalMs = intervalMs
	}

	/** Answers a request with a stream of server-sent events that lasts as long as the page. */
	open(res: Response): void {
		if (this.#pages.size >= MOST) return void res.status(503).set("retry-after", "30").end()
		res.set({ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" })
		res.flushHeaders()
		res.write("retry: 3000\n\n")
		this.#pages.add(res)
		res.once("close", () => this.#pages.delete(res))
		this.#timer ??= setTimeout(() => void this.#beat(), this.#intervalMs)
	}

	close(): void {
		clearTimeout(this.#timer)
		for (const page of this.#pages) page.end()
		this.#pages.clear()
	}

	async #beat(): Promise<void> {
		const revision = await this.#ask()
		const known = this.#revision
		this.#revision = revision
		this.#beats++
		const event =
			revision !== known && known !== undefined
				? `event: ${revision === "away" ? "away" : "changed"}\ndata: ${revision}\n\n`
				: this.#beats % 10 === 0
					? ": still here\n\n"
					: ""
		if (event) for (const page of this.#pages) page.write(event)
		this.#timer = this.#pages.size > 0 ? setTimeout(() => void this.#beat(), this.#intervalMs) : undefined
		if (this.#timer === undefined) this.#revision = undefined
	}

	async #ask(): Promise<string> {
		try {
			const { rows } = await this.#ctx.db.execute<{ revision: string }>(sql`
				select concat_ws('.',
					(select max(id) from observatory.incident_timeline),
					(select max(id) from observatory.inbox),
					(select max(revision) from observatory.control),
					(select count(*) from observatory.inbox where read_at is null)) as revision`)
			return rows[0]?.revision ?? ""
		} catch (error) {
			this.#ctx.log.debug({ error: messageOf(error) }, "pages cannot be kept up to date")
			return "away"
		}
	}
}
