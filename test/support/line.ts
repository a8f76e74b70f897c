import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { json, text } from "node:stream/consumers"

/** An alert as it is posted to Alertmanager. */
export interface PassedAlert {
	readonly labels: Readonly<Record<string, string>>
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

export interface Line {
	readonly url: string
	close(): Promise<void>
}

/** A line to an Alertmanager on which what is sent may take its time, as on any network. */
export async function startLine(target: string, { delay, passed, cut }: LineOptions): Promise<Line> {
	async function carry(req: IncomingMessage, res: ServerResponse): Promise<void> {
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
	}
	const server = createServer((req, res) => {
		// As on a line that breaks: the sender sees that there is no answer.
		carry(req, res).catch(() => res.destroy())
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve())
				server.closeAllConnections()
			}),
	}
}
