import { z } from "zod"
import { EXPECTED_ADDRESS, hasTemplate, isWebAddress } from "../core/alerts/plain-text.ts"
import { unsafeCharacter } from "../core/lib/plain-text.ts"

/** Alertmanager expands templates in most of its fields. */
const text = z
	.string({ error: "expected text" })
	.min(1, "expected text, not nothing")
	.max(500)
	.refine((of) => !hasTemplate(of), { error: "expected text without {{" })
	.refine((of) => unsafeCharacter(of) === undefined, {
		error: "expected text without control characters and without characters that change the direction of writing",
	})
const address = z.string({ error: EXPECTED_ADDRESS }).refine(isWebAddress, { error: EXPECTED_ADDRESS })
const secret = z
	.string({ error: "expected the name of a secret file" })
	.regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "expected a file name such as slack-webhook-url, without a directory")
	.describe("Name of a file in the secrets directory.")
const common = {
	send_resolved: z.boolean().default(true).describe("Whether the end of an alert is notified as well."),
	hours: text.optional().describe("Outside of these hours only critical alerts go to the channel."),
}

/** Settings of a channel, by its kind; the kinds and their fields are Alertmanager's receivers reduced to what is needed. */
export const KINDS = {
	slack: z.strictObject({
		kind: z.literal("slack"),
		secret: secret.describe("File with the incoming webhook's address."),
		channel: text.optional(),
		...common,
	}),
	pagerduty: z.strictObject({
		kind: z.literal("pagerduty"),
		secret: secret.describe("File with the Events API v2 routing key."),
		url: address
			.optional()
			.describe("Another service region's endpoint, such as https://events.eu.pagerduty.com/v2/enqueue."),
		...common,
	}),
	email: z.strictObject({
		kind: z.literal("email"),
		to: text,
		from: text,
		smarthost: z.string().regex(/^[A-Za-z0-9._-]+:\d{1,5}$/, "expected HOST:PORT"),
		username: text.optional(),
		secret: secret.optional().describe("File with the SMTP password; needs username."),
		...common,
	}),
	teams: z.strictObject({
		kind: z.literal("teams"),
		secret: secret.describe("File with the workflow's address."),
		...common,
	}),
	webhook: z.strictObject({
		kind: z.literal("webhook"),
		url: address,
		secret: secret.optional().describe("File with a bearer token."),
		...common,
	}),
	sns: z.strictObject({
		kind: z.literal("sns"),
		region: text,
		topic_arn: text.optional(),
		phone_number: z
			.string()
			.regex(/^\+\d{6,15}$/, "expected a number in the form +491701234567")
			.optional(),
		profile: text.optional().describe("AWS profile; the usual chain of credentials when left out."),
		...common,
	}),
} as const

const channelSchema = z.discriminatedUnion(
	"kind",
	[KINDS.slack, KINDS.pagerduty, KINDS.email, KINDS.teams, KINDS.webhook, KINDS.sns],
	{
		error: `expected one of ${Object.keys(KINDS).join(", ")}`,
	},
)
const slug = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, "expected lower-case letters, digits, - and _")
const time = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, "expected a time such as 08:00")

export const channelsSchema = z.strictObject({
	hours: z
		.record(
			slug,
			z.strictObject({
				weekdays: z.array(z.string().regex(/^[a-z]+day(?::[a-z]+day)?$/, "expected monday or monday:friday")).min(1),
				from: time,
				to: time,
				time_zone: z
					.string()
					.regex(/^[A-Za-z_]+(?:\/[A-Za-z0-9_+-]+)*$/, "expected a zone such as Europe/Berlin")
					.default("UTC"),
			}),
		)
		.default({}),
	channels: z.record(slug, channelSchema),
})

export type Channel = z.output<typeof channelSchema>
export type ChannelsFile = z.output<typeof channelsSchema>
export type Hours = ChannelsFile["hours"][string]
