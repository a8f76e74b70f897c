import { json, text } from "node:stream/consumers"
import { type LocalServer, serve } from "./local.ts"

/** An alert as it is posted to Alertmanager. */
export interface PassedAlert {
	readonly labels: Readonly<Record<string, string>>
	readonly startsAt: string
	readonly endsAt: string
}

export interface LineOptions {
	/** How long alerts stay on the line before they arrive; what its sender does not live to see never does. */
	delay?(alerts: readonly PassedAlert[]): Promise<void>
	/** Told of alerts in the order in which they arrive. */
	passed?(alerts: readonly PassedAlert[]): void
	/** Whether the answer gets lost. */
	cut?(): boolean
}

/** A line to an Alertmanager on which what is sent may take its time, as on any network. */
export const startLine = (target: string, { delay, passed, cut }: LineOptions): Promise<LocalServer> =>
	serve(async (req, res) => {
		const { method = "GET", url = "/" } = req
		const alerts = method === "POST" && url === "/api/v2/alerts" ? ((await json(req)) as PassedAlert[]) : undefined
		if (alerts) await delay?.(alerts)
		if (res.destroyed) return
		if (alerts) passed?.(alerts)
		const body = alerts ? JSON.stringify(alerts) : method === "GET" ? null : await text(req)
		const headers = { "content-type": "application/json" }
		const answer = await fetch(`${target}${url}`, { method, headers, body })
		const said = await answer.text()
		if (cut?.()) res.destroy()
		else res.writeHead(answer.status, headers).end(said)
	})
