import { execFileSync } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import path from "node:path"
import { text } from "node:stream/consumers"
import { SMTPServer } from "smtp-server"
import { z } from "zod"

const SLACK_PATH = "/services/T0000/B0000/secret"
const PAGERDUTY_PATH = "/v2/enqueue"
const MAIL_USER = { user: "observatory@example.com", password: "mail-password" }
export const ROUTING_KEY = "0123456789abcdef0123456789abcdef"

/**
 * What an incoming webhook of Slack takes: text or attachments, each attachment with a fallback or a text.
 * https://api.slack.com/messaging/webhooks, https://api.slack.com/reference/messaging/attachments
 */
const slackMessage = z.object({
	channel: z.string().startsWith("#"),
	username: z.string().optional(),
	attachments: z
		.array(
			z.object({
				title: z.string().min(1).max(1_024),
				title_link: z.url(),
				text: z.string().min(1).max(40_000),
				fallback: z.string().min(1),
				footer: z.string().optional(),
				color: z.string().regex(/^(good|warning|danger|#[0-9a-f]{6})$/i),
				mrkdwn_in: z.array(z.enum(["text", "pretext", "fallback", "fields"])),
			}),
		)
		.length(1),
})

/**
 * What PagerDuty's Events API v2 takes.
 * https://developer.pagerduty.com/docs/events-api-v2-overview
 */
const pagerDutyEvent = z.strictObject({
	routing_key: z.string().length(32),
	event_action: z.enum(["trigger", "acknowledge", "resolve"]),
	dedup_key: z.string().min(1).max(255),
	client: z.string().optional(),
	client_url: z.url().optional(),
	links: z.array(z.strictObject({ href: z.url(), text: z.string() })).optional(),
	payload: z.strictObject({
		summary: z.string().min(1).max(1_024),
		source: z.string().min(1),
		severity: z.enum(["critical", "error", "warning", "info"]),
		timestamp: z.string().optional(),
		component: z.string().optional(),
		group: z.string().optional(),
		class: z.string().optional(),
		// Any object; Alertmanager fills in counts and lists of its own since 0.29.
		custom_details: z.record(z.string(), z.unknown()),
	}),
})

export type SlackMessage = z.output<typeof slackMessage>
export type PagerDutyEvent = z.output<typeof pagerDutyEvent>
export interface Mail {
	readonly from: string
	readonly to: readonly string[]
	readonly subject: string
	readonly text: string
}

export interface TestChannels {
	readonly slackUrl: string
	readonly pagerDutyUrl: string
	/** HOST:PORT; speaks STARTTLS and wants the user's password, as mail servers do. */
	readonly smarthost: string
	/** The certificate that the mail server is known by. */
	readonly certificate: string
	readonly mailPassword: string
	readonly slack: readonly SlackMessage[]
	readonly pagerDuty: readonly PagerDutyEvent[]
	readonly mails: readonly Mail[]
	/** What was sent and would not have been taken, and why. */
	readonly refused: readonly string[]
	stop(): Promise<void>
}

/** Local servers that answer as Slack, PagerDuty and a mail server do, and keep what they were sent. */
export async function startChannels(folder: string): Promise<TestChannels> {
	const slack: SlackMessage[] = []
	const pagerDuty: PagerDutyEvent[] = []
	const mails: Mail[] = []
	const refused: string[] = []

	const take = <T>(schema: z.ZodType<T>, body: string, kept: T[]): string | undefined => {
		const parsed = schema.safeParse(JSON.parse(body))
		if (parsed.success) kept.push(parsed.data)
		else refused.push(`${z.prettifyError(parsed.error)} in ${body.slice(0, 300)}`)
		return parsed.error?.message
	}
	const answer = async (req: IncomingMessage, res: ServerResponse) => {
		const body = await text(req)
		if (req.url === SLACK_PATH) {
			const problem = take(slackMessage, body, slack)
			res.writeHead(problem ? 400 : 200, { "content-type": "text/plain" }).end(problem ? "invalid_payload" : "ok")
		} else if (req.url === PAGERDUTY_PATH) {
			const problem = take(pagerDutyEvent, body, pagerDuty)
			const said = problem ? { status: "invalid event", errors: [problem] } : { status: "success" }
			res.writeHead(problem ? 400 : 202, { "content-type": "application/json" }).end(JSON.stringify(said))
		} else {
			refused.push(`${req.method} ${req.url}`)
			res.writeHead(404).end("no_service")
		}
	}
	const http = createServer((req, res) => {
		answer(req, res).catch((error: unknown) => {
			refused.push(String(error))
			res.writeHead(400).end("invalid_payload")
		})
	})
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve))
	const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`

	const { key, certificate } = certify(folder)
	const mail = new SMTPServer({
		key: readFileSync(key),
		cert: readFileSync(certificate),
		authMethods: ["PLAIN", "LOGIN"],
		onAuth: ({ username, password }, _session, done) =>
			username === MAIL_USER.user && password === MAIL_USER.password
				? done(null, { user: username })
				: done(new Error("535 wrong password")),
		onData: (stream, { envelope }, done) => {
			text(stream).then((raw) => {
				const from = envelope.mailFrom ? envelope.mailFrom.address : ""
				mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), ...readMail(raw) })
				done()
			}, done)
		},
	})
	mail.on("error", (error) => refused.push(String(error)))
	await new Promise<void>((resolve) => mail.listen(0, "127.0.0.1", resolve))

	return {
		slackUrl: base + SLACK_PATH,
		pagerDutyUrl: base + PAGERDUTY_PATH,
		smarthost: `localhost:${(mail.server.address() as AddressInfo).port}`,
		certificate,
		mailPassword: MAIL_USER.password,
		slack,
		pagerDuty,
		mails,
		refused,
		async stop() {
			await new Promise<void>((resolve) => mail.close(() => resolve()))
			http.closeAllConnections()
			await new Promise((resolve) => http.close(resolve))
		},
	}
}

/** A certificate of a day for localhost, which its own holder has signed. */
function certify(folder: string): { key: string; certificate: string } {
	const [key, certificate] = [path.join(folder, "mail.key"), path.join(folder, "mail.crt")]
	execFileSync(
		"openssl",
		`req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout ${key} -out ${certificate}`.split(
			" ",
		),
		{ stdio: "ignore" },
	)
	return { key, certificate }
}

/** Subject and text of a message as Alertmanager writes it: one quoted-printable part, words of the subject encoded. */
function readMail(raw: string): { subject: string; text: string } {
	const unfolded = raw.replace(/\r\n[ \t]+/g, " ")
	const subject = /^Subject: (.*)$/im.exec(unfolded)?.[1]?.trim() ?? ""
	const [, part = ""] = /Content-Type: text\/plain[^\r]*\r\n(?:[^\r]+\r\n)*\r\n([\s\S]*?)\r\n--/i.exec(raw) ?? []
	const words = subject
		.replace(/\?=\s+=\?/g, "?==?")
		.replace(/=\?utf-8\?q\?(.*?)\?=/gi, (_, q: string) => unquote(q.replaceAll("_", " ")))
	return { subject: words, text: unquote(part.replace(/=\r\n/g, "")).replaceAll("\r\n", "\n") }
}

const unquote = (text: string): string =>
	Buffer.from(
		text.replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
		"latin1",
	).toString("utf8")
