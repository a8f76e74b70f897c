import type { Channel } from "../schema.ts"

/** Addresses and files that the configuration refers to. */
export interface Delivery {
	/** Where alert-webhook is reached from Alertmanager. */
	readonly webhookUrl: string
	/** File, as Alertmanager sees it, with the token that alert-webhook asks for. */
	readonly tokenFile: string
	/** The version whose configuration format is written, such as 0.25. */
	readonly version: string
	/** Path of a secret file as Alertmanager sees it; undefined when the secret is not there. */
	secretPath(name: string): string | undefined
}

interface WebhookConfig {
	readonly send_resolved: boolean
	readonly url: string
	readonly http_config?: {
		readonly authorization: { readonly type: "Bearer"; readonly credentials_file: string }
	}
}

interface SlackConfig {
	readonly send_resolved: boolean
	readonly api_url_file: string
	readonly channel?: string
	readonly color: string
	readonly title: string
	readonly title_link: string
	readonly text: string
	readonly fallback: string
}

interface PagerdutyConfig {
	readonly send_resolved: boolean
	readonly routing_key_file: string
	readonly url?: string
	readonly severity: string
	readonly description: string
	readonly client: string
	readonly client_url: string
	readonly links: readonly { readonly href: string; readonly text: string }[]
	readonly details: Readonly<Record<string, string>>
}

interface EmailConfig {
	readonly send_resolved: boolean
	readonly to: string
	readonly from: string
	readonly smarthost: string
	readonly auth_username?: string
	readonly auth_password_file?: string
	readonly headers: Readonly<Record<string, string>>
	readonly html: string
	readonly text: string
}

interface TeamsConfig {
	readonly send_resolved: boolean
	readonly webhook_url_file: string
	readonly title: string
	readonly text: string
}

interface SnsConfig {
	readonly send_resolved: boolean
	readonly sigv4: { readonly region: string; readonly profile?: string }
	readonly topic_arn?: string
	readonly phone_number?: string
	readonly subject: string
	readonly message: string
}

/** One of Alertmanager's receivers, with the integrations and fields that are used here. */
export interface Receiver {
	readonly name: string
	readonly webhook_configs?: readonly WebhookConfig[]
	readonly slack_configs?: readonly SlackConfig[]
	readonly pagerduty_configs?: readonly PagerdutyConfig[]
	readonly email_configs?: readonly EmailConfig[]
	readonly msteamsv2_configs?: readonly TeamsConfig[]
	readonly sns_configs?: readonly SnsConfig[]
}

/** Why a channel's notifications go to the console's inbox; undefined when they go to the channel. */
export function inboxReason(channel: Channel | undefined, delivery: Delivery): string | undefined {
	if (!channel) return "it is not defined in alertmanager/channels.yaml"
	if (channel.kind === "teams" && !isAtLeast(delivery.version, "0.28"))
		return `Microsoft Teams needs Alertmanager 0.28, and ${delivery.version} is written for`
	const secret = "secret" in channel ? channel.secret : undefined
	return secret !== undefined && delivery.secretPath(secret) === undefined
		? `its secret file ${secret} is not there`
		: undefined
}

/** The receiver that everything goes to. */
export const observatoryReceiver = (name: string, delivery: Delivery): Receiver => ({
	name,
	webhook_configs: [toWebhook("/api/alertmanager", delivery)],
})

/** A channel's receiver, or the console's inbox in its place. */
export function renderReceiver(name: string, channel: Channel | undefined, delivery: Delivery): Receiver {
	if (!channel || inboxReason(channel, delivery) !== undefined)
		return { name, webhook_configs: [toWebhook(`/api/inbox/${name}`, delivery)] }
	const send_resolved = channel.send_resolved
	const file = (secret: string) => delivery.secretPath(secret) ?? ""
	switch (channel.kind) {
		case "slack":
			return {
				name,
				slack_configs: [
					{
						send_resolved,
						api_url_file: file(channel.secret),
						...(channel.channel === undefined ? {} : { channel: channel.channel }),
						color: '{{ template "observatory.color" . }}',
						title: '{{ template "observatory.slack.title" . }}',
						title_link: '{{ template "observatory.first.console" . }}',
						text: '{{ template "observatory.slack" . }}',
						fallback: '{{ template "observatory.slack.title" . }}',
					},
				],
			}
		case "pagerduty":
			return {
				name,
				pagerduty_configs: [
					{
						send_resolved,
						routing_key_file: file(channel.secret),
						...(channel.url === undefined ? {} : { url: channel.url }),
						severity: '{{ template "observatory.pagerduty.severity" . }}',
						description: '{{ template "observatory.title" . }}',
						client: "mcp-observatory",
						client_url: '{{ template "observatory.first.console" . }}',
						links: PAGERDUTY_LINKS,
						details: { text: '{{ template "observatory.text" . }}', ...NO_LISTS },
					},
				],
			}
		case "email":
			return {
				name,
				email_configs: [
					{
						send_resolved,
						to: channel.to,
						from: channel.from,
						smarthost: channel.smarthost,
						...(channel.username === undefined ? {} : { auth_username: channel.username }),
						...(channel.secret === undefined ? {} : { auth_password_file: file(channel.secret) }),
						headers: { Subject: '{{ template "observatory.title" . }}' },
						html: "",
						text: '{{ template "observatory.text" . }}',
					},
				],
			}
		case "teams":
			return {
				name,
				msteamsv2_configs: [
					{
						send_resolved,
						webhook_url_file: file(channel.secret),
						title: '{{ template "observatory.title" . }}',
						text: '{{ template "observatory.text" . }}',
					},
				],
			}
		case "webhook":
			return {
				name,
				webhook_configs: [
					{
						send_resolved,
						url: channel.url,
						...(channel.secret === undefined ? {} : bearer(file(channel.secret))),
					},
				],
			}
		case "sns":
			return {
				name,
				sns_configs: [
					{
						send_resolved,
						sigv4: { region: channel.region, ...(channel.profile === undefined ? {} : { profile: channel.profile }) },
						...(channel.topic_arn === undefined
							? { phone_number: channel.phone_number ?? "" }
							: { topic_arn: channel.topic_arn }),
						subject: '{{ template "observatory.title" . }}',
						message: '{{ template "observatory.text" . }}',
					},
				],
			}
	}
}

/** Alertmanager leaves out a link whose address is empty. */
const PAGERDUTY_LINKS = [
	{ href: '{{ template "observatory.first.acknowledge" . }}', text: "Acknowledge" },
	{ href: '{{ template "observatory.first.console" . }}', text: "Console" },
	{ href: '{{ template "observatory.first.runbook" . }}', text: "Runbook" },
	{ href: '{{ template "observatory.first.dashboard" . }}', text: "Dashboard" },
]

/** Otherwise Alertmanager adds lists with every label and annotation as the sender wrote it. */
const NO_LISTS = { firing: "", resolved: "" }

const toWebhook = (path: string, { webhookUrl, tokenFile }: Delivery): WebhookConfig => ({
	send_resolved: true,
	url: `${webhookUrl}${path}`,
	...bearer(tokenFile),
})

const bearer = (file: string): Pick<WebhookConfig, "http_config"> => ({
	http_config: { authorization: { type: "Bearer", credentials_file: file } },
})

function isAtLeast(version: string, minimum: string): boolean {
	const [a = [], b = []] = [version, minimum].map((text) => text.split(".").map(Number))
	const [major = 0, minor = 0] = a
	const [wantedMajor = 0, wantedMinor = 0] = b
	return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}
