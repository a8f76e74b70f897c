import { sql } from "drizzle-orm"
import type { Request, Response } from "express"
import type { Database } from "../../core/db/client.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Context } from "../context.ts"

/** Most open pages that one process updates; further ones must retry later. */
const MOST = 500

/** A revision of the state that pages show. The audit log covers every action of people. */
export async function revisionOf(db: Database): Promise<string> {
	const { rows } = await db.execute<{ revision: string }>(sql`
		select concat_ws('.',
			(select coalesce(max(id), 0) from observatory.incident_timeline),
			(select coalesce(max(id), 0) from observatory.inbox),
			(select count(*) from observatory.inbox where read_at is null),
			(select concat(revision, md5(pending::text)) from observatory.control),
			(select max(seq) from observatory.audit_head)) as revision`)
	return rows[0]?.revision ?? ""
}

/**
 * Reports changes to open pages. One cheap query every `intervalMs`, for any number of pages, and none without pages;
 * so a change by any replica is seen.
 */
export class Changes {
	readonly #ctx: Context
	readonly #intervalMs: number
	/** The open pages, each with the revision that it shows. */
	readonly #pages = new Map<Response, string>()
	/** No periodic task: without open pages there is nothing to repeat. */
	#timer: NodeJS.Timeout | undefined
	#beats = 0

	constructor(ctx: Context, intervalMs = 2_000) {
		this.#ctx = ctx
		this.#intervalMs = intervalMs
	}

	/**
	 * Responds with a stream of server-sent events that lasts until the page is closed. The page sends in `since` the
	 * revision that it shows: a later change is reported, even one from before the stream.
	 */
	open(req: Request, res: Response): void {
		if (this.#pages.size >= MOST) return void res.status(503).set("retry-after", "30").end()
		res.set({ "content-type": "text/event-stream", "cache-control": "no-store", "x-accel-buffering": "no" })
		res.flushHeaders()
		res.write("retry: 3000\n\n")
		this.#pages.set(res, req.get("last-event-id") ?? String(req.query.since ?? ""))
		res.once("close", () => this.#pages.delete(res))
		this.#timer ??= setTimeout(() => void this.#beat(), this.#intervalMs)
	}

	close(): void {
		clearTimeout(this.#timer)
		for (const page of this.#pages.keys()) page.end()
		this.#pages.clear()
	}

	async #beat(): Promise<void> {
		const revision = await this.#ask()
		const idle = this.#beats++ % 10 === 0 ? ": still here\n\n" : ""
		for (const [page, shown] of this.#pages) {
			if (revision === shown) page.write(idle)
			else if (revision === undefined) page.write("event: away\ndata: the database\n\n")
			else page.write(`event: changed\nid: ${revision}\ndata: ${revision}\n\n`)
			this.#pages.set(page, revision ?? "")
		}
		this.#timer = this.#pages.size > 0 ? setTimeout(() => void this.#beat(), this.#intervalMs) : undefined
	}

	/** Undefined while the database is down. */
	async #ask(): Promise<string | undefined> {
		try {
			return await revisionOf(this.#ctx.db)
		} catch (error) {
			this.#ctx.log.debug({ error: messageOf(error) }, "cannot read the revision for open pages")
			return undefined
		}
	}
}
