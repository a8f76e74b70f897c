import type { Logger } from "../../../core/lib/log.ts"
import type { Alertmanager } from "../../clients/alertmanager.ts"
import type { Settings } from "../../context.ts"

/** The label that Alertmanager routes by, such as `,slack-ops,pagerduty,`. */
export const channelsLabel = (channels: readonly string[]): string => `,${channels.join(",")},`

/** The channels of such a label. */
export const channelsOf = ({ labels }: { readonly labels: Readonly<Record<string, string>> }): readonly string[] =>
	(labels.channels ?? "").split(",").filter(Boolean)

/**
 * Those channels that have no receiver in Alertmanager, each once. @throws ObservatoryError when Alertmanager does not
 * answer
 */
export async function withoutReceiver(
	alertmanager: Pick<Alertmanager, "receivers">,
	channels: readonly string[],
): Promise<readonly string[]> {
	const receivers = new Set(await alertmanager.receivers())
	return [...new Set(channels)].filter((name) => !receivers.has(name))
}

type Naming = Pick<Settings, "policies" | "criticalChannels">

/** Every channel that pages can go to. */
const channelsNamed = ({ policies, criticalChannels }: Naming): readonly string[] => [
	...[...policies.byName.values()].flatMap(({ levels }) => levels.flatMap(({ channels }) => channels)),
	...criticalChannels,
]

interface Watching {
	readonly settings: Naming
	readonly log: Pick<Logger, "info" | "warn">
}
interface Asked {
	readonly alertmanager: Pick<Alertmanager, "receivers">
}

/**
 * Creates a check for channels that are configured here and unknown to Alertmanager, before a page needs them. It warns
 * each time that the list has changed.
 */
export function watchChannels({ settings, log }: Watching, { alertmanager }: Asked): () => Promise<void> {
	let known = ""
	return async () => {
		const missing = await withoutReceiver(alertmanager, channelsNamed(settings))
		const found = missing.join(", ")
		if (missing.length > 0 && found !== known) log.warn({ channels: missing }, ADVICE)
		if (missing.length === 0 && known !== "") log.info("Alertmanager has a receiver for every channel now")
		known = found
	}
}

const ADVICE =
	"Alertmanager has no receiver for these channels, so pages do not reach them. Add them to alertmanager/channels.yaml " +
	"and run `npm run rules -- --reload`, or correct what ESCALATION_POLICIES and CRITICAL_CHANNELS name."
