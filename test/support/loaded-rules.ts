import { createServer, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import { text } from "node:stream/consumers"
import { z } from "zod"

type Labels = Readonly<Record<string, string>>

/** A Prometheus that answers nothing but its rules and what fires: those of the alerts that it was given. */
export interface LoadedRules {
	readonly url: string
	/** Adds the alerts of a notification, when the body is one. */
	load(body: unknown): void
	close(): Promise<void>
}

const notified = z.object({ alerts: z.array(z.object({ labels: z.record(z.string(), z.string()) })) })

/** Tests deliver alerts that no Prometheus evaluates; the webhook remediates only for those that one has loaded. */
export async function startLoadedRules(): Promise<LoadedRules> {
	const rules = new Map<string, object>()
	const firing = new Map<string, Labels>()
	const answer = (res: ServerResponse, data: object) => {
		res.setHeader("content-type", "application/json")
		res.end(JSON.stringify({ status: "success", data }))
	}
	const server = createServer(async (req, res) => {
		if (req.url === "/api/v1/query") {
			const asked = new URLSearchParams(await text(req)).get("query") ?? ""
			const name = /ALERTS\{alertname="(.*?)",/.exec(asked)?.[1]
			// Conditions are not evaluated here.
			if (name === undefined) return void req.destroy()
			const own = [...firing.values()].filter(({ alertname }) => alertname === name)
			return answer(res, { result: own.map((metric) => ({ metric, value: [0, "1"] })) })
		}
		if (!req.url?.startsWith("/api/v1/rules")) return void req.destroy()
		const group = { name: "test", file: "test.yml", rules: [...rules.values()] }
		answer(res, { groups: [group] })
	})
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
	server.unref()
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		load(body) {
			for (const { labels } of notified.safeParse(body).data?.alerts ?? []) {
				const rule = { name: labels.alertname, query: "vector(1)", duration: 0, labels, annotations: {}, health: "ok" }
				rules.set(`${labels.alertname} ${labels.remediation}`, rule)
				firing.set(JSON.stringify(labels), labels)
			}
		},
		close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
	}
}
