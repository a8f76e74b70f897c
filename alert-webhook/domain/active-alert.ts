import { z } from "zod"

export const activeAlert = z.object({
	fingerprint: z.string().min(1),
	labels: z.record(z.string(), z.string()),
	annotations: z.record(z.string(), z.string()).nullish(),
	startsAt: z.iso.datetime({ offset: true }),
	generatorURL: z.string().nullish(),
	receivers: z.array(z.object({ name: z.string() })),
	/** Suppressed by a silence, an inhibition or a mute time; unprocessed before Alertmanager has looked. */
	status: z.object({
		state: z.enum(["active", "suppressed", "unprocessed"]),
		/** Fingerprints of the alerts that inhibit it. */
		inhibitedBy: z.array(z.string()),
		/** Ids of the silences that apply to it. */
		silencedBy: z.array(z.string()).default([]),
	}),
})

/** An alert that has not ended, as Alertmanager's v2 API shows it. */
export type ActiveAlert = z.output<typeof activeAlert>
