import { z } from "zod"
import { may, type Role } from "../../../domain/access/roles.ts"
import { PAGE_LABEL } from "../../../domain/alert-kind.ts"
import type { Message } from "../../../store/inbox.ts"
import { type Html, html } from "../kit/html.ts"
import { summaryOf } from "../kit/parts.ts"
import { ago } from "../kit/time.ts"

export interface InboxView {
	readonly messages: readonly Message[]
	readonly unread: number
	/** The last message of this page, when there are older ones. */
	readonly older: number | null
	readonly role: Role
	readonly csrf: string
	readonly now: number
}

/** Notifications whose channel is not configured, and unreadable ones. */
export function inboxPage({ messages, unread, older, role, csrf, now }: InboxView): Html {
	const [newest] = messages
	const marker = (fields: Html, label: string) =>
		may(role, "responder") &&
		html`<form method="post" action="/inbox/read"><input type="hidden" name="csrf" value="${csrf}">${fields}<button class="quiet">${label}</button></form>`
	return html`<div class="headline"><h1>Inbox</h1>
${unread > 0 && newest && marker(html`<input type="hidden" name="upTo" value="${newest.id}">`, "Mark all read")}</div>
<p class="intro">Notifications for channels that have no address yet wait here, so that none is lost. Give a channel its secret and its notifications go out as well.</p>
${
	messages.length === 0
		? html`<p class="empty">Nothing here. Every notification so far had somewhere to go, or nothing has fired.</p>`
		: html`<ul class="messages">${messages.map((message) => messageRow(message, now, marker))}</ul>`
}
${older !== null && html`<p class="more"><a href="/inbox?cursor=${older}">Older notifications</a></p>`}`
}

function messageRow(message: Message, now: number, marker: (fields: Html, label: string) => Html | false): Html {
	const { id, channel, title, status, receivedAt, readAt, body } = message
	return html`<li class="message${!readAt && " unread"}">
<div class="what"><h3>${!readAt && html`<span class="dot" title="unread"></span>`}${title}</h3>
<p class="meta"><span class="channel">${channel}</span><span>${status}</span><span>${ago(receivedAt, now)}</span></p>
${alertsOf(body).map(alertLine)}
<details><summary>What was sent</summary><pre>${JSON.stringify(body, null, 2).slice(0, 20_000)}</pre></details></div>
${!readAt && marker(html`<input type="hidden" name="id" value="${id}">`, "Mark read")}
</li>`
}

const sent = z.object({
	fingerprint: z.string(),
	labels: z.record(z.string(), z.string()),
	annotations: z.record(z.string(), z.string()),
})
const sentBody = z.object({ alerts: z.array(z.unknown()) })

/** The number of alerts in the list; the rest is in the raw notification. */
const SHOWN = 10

/** The readable alerts of a notification; the others are in the raw notification. */
const alertsOf = (body: Message["body"]): z.output<typeof sent>[] =>
	(sentBody.safeParse(body).data?.alerts ?? []).slice(0, SHOWN).flatMap((one) => sent.safeParse(one).data ?? [])

/** One alert in words, with a link to its incident: a page of ours names it; for others the newest one. */
function alertLine({ fingerprint, labels, annotations }: z.output<typeof sent>): Html {
	const incident = /^\d{1,15}$/.exec(labels.incident ?? "")?.[0]
	const otherwise = labels[PAGE_LABEL] ? "/response" : `/alerts/${encodeURIComponent(fingerprint)}`
	const to = incident ? `/incidents/${incident}` : otherwise
	const summary = summaryOf({ labels, annotations })
	return html`<p class="summary"><a href="${to}">${summary ?? labels.alertname ?? fingerprint}</a></p>`
}
