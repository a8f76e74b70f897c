import { describe, expect, it } from "vitest"
import { parsePolicies } from "../../domain/escalation/policies.ts"
import { channelsLabel, channelsOf, watchChannels } from "./channels.ts"

const policies = parsePolicies(
	"contacts: { ada: { channels: [mail] } }\npolicies: { one: { levels: [{ after: 0s, contacts: [ada] }, { after: 1m, channels: [phone] }] } }",
	"policies.yaml",
)

describe("watchChannels", () => {
	/** A check against an Alertmanager whose receivers change, and the channels of each warning. */
	function watching() {
		const warnings: unknown[] = []
		const state = { receivers: ["mail", "phone", "ops"] }
		const log = { info: () => undefined, warn: ({ channels }: { channels?: unknown }) => void warnings.push(channels) }
		const alertmanager = { receivers: async () => state.receivers }
		const settings = { policies, criticalChannels: ["ops"] }
		const watch = watchChannels({ settings, log }, { alertmanager })
		return { state, warnings, watch }
	}

	it("warns of every channel of a policy, of its contacts and of CRITICAL_CHANNELS that has no receiver, once", async () => {
		const { state, warnings, watch } = watching()
		await watch()
		expect(warnings).toEqual([])
		state.receivers = ["phone"]
		await watch()
		await watch()
		expect(warnings).toEqual([["mail", "ops"]])
		state.receivers = ["phone", "ops"]
		await watch()
		expect(warnings).toEqual([["mail", "ops"], ["mail"]])
	})

	it("warns again when a channel is missing again", async () => {
		const { state, warnings, watch } = watching()
		for (const receivers of [
			["mail", "ops"],
			["mail", "phone", "ops"],
			["mail", "ops"],
		]) {
			state.receivers = receivers
			await watch()
		}
		expect(warnings).toEqual([["phone"], ["phone"]])
	})
})

it("reads the channels back from a label", () => {
	expect(channelsOf({ labels: { channels: channelsLabel(["slack-ops", "phone"]) } })).toEqual(["slack-ops", "phone"])
	expect(channelsOf({ labels: {} })).toEqual([])
})
