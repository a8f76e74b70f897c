import { json, text } from "node:stream/consumers"
import { type LocalServer, serve } from "./local-server.ts"

/** An alert as it is posted to Alertmanager. */
export interface PassedAlert {
	readonly labels: Readonly<Record<string, string>>
	readonly startsAt: string
	readonly endsAt: string
}

export interface ProxyOptions {
	/** How long alerts are delayed; alerts whose sender has died meanwhile never arrive. */
	delay?(alerts: readonly PassedAlert[]): Promise<void>
	/** Called with alerts in the order in which they arrive. */
	passed?(alerts: readonly PassedAlert[]): void
	/** Whether the answer gets lost. */
	cut?(): boolean
	/** The sender's clock: its times reach Alertmanager as times of the real clock. */
	readonly clock?: { readonly aheadMs: number }
}

interface Span {
	readonly startsAt: string
	readonly endsAt: string
}

/** Is between a webhook and an Alertmanager, as the network does. */
export const startAlertmanagerProxy = (
	target: string,
	{ delay, passed, cut, clock }: ProxyOptions,
): Promise<LocalServer> => {
	const real = (time: string) => new Date(Date.parse(time) - (clock?.aheadMs ?? 0)).toISOString()
	const translated = <T extends Span>(span: T): T => ({
		...span,
		startsAt: real(span.startsAt),
		endsAt: real(span.endsAt),
	})
	return serve(async (req, res) => {
		const { method = "GET", url = "/" } = req
		const posts = (path: string) => method === "POST" && url === path
		const alerts = posts("/api/v2/alerts") ? ((await json(req)) as PassedAlert[]).map(translated) : undefined
		const silence = posts("/api/v2/silences") ? translated((await json(req)) as Span) : undefined
		if (alerts) await delay?.(alerts)
		if (res.destroyed) return
		if (alerts) passed?.(alerts)
		const translatedBody = alerts ?? silence
		const body = translatedBody ? JSON.stringify(translatedBody) : method === "GET" ? null : await text(req)
		const headers = { "content-type": "application/json" }
		const answer = await fetch(`${target}${url}`, { method, headers, body })
		const said = await answer.text()
		if (cut?.()) res.destroy()
		else res.writeHead(answer.status, headers).end(said)
	})
}
