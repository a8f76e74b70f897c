import path from "node:path"
import { readApprovalRules } from "../clients/approval-rules.ts"
import { NO_RESTARTERS, readRestarters } from "../clients/restarters/config.ts"
import type { WebhookEnvironment } from "../config.ts"
import type { Settings } from "../context.ts"
import { challengeKey } from "../domain/challenge.ts"
import { readPolicies, shippedPolicies } from "../domain/escalation/policies.ts"
import { linkKey } from "../domain/signed-link.ts"

const ACTION_TIMEOUT_MS = 60_000

/**
 * The operator's settings, from the environment and the files that it names.
 *
 * @throws ObservatoryError when a file has mistakes
 */
export function readSettings(config: WebhookEnvironment): Settings {
	const inHome = (name: string) => path.join(config.OBSERVATORY_HOME, "run", name)
	const { host, port } = config.WEBHOOK_LISTEN
	return {
		consoleUrl: config.WEBHOOK_URL ?? `http://${host}:${port}`,
		linkKey: linkKey(config.LINK_SIGNING_KEY, config.WEBHOOK_TOKEN),
		sessionKey: config.CONSOLE_TOKEN ?? "",
		restarters: config.REMEDIATION_CONFIG === undefined ? NO_RESTARTERS : readRestarters(config.REMEDIATION_CONFIG),
		programEnv: { PATH: config.PATH, HOME: config.HOME },
		policies: readPolicies(config.ESCALATION_POLICIES ?? shippedPolicies()),
		criticalChannels: config.CRITICAL_CHANNELS,
		verifyEveryMs: config.VERIFY_EVERY,
		verifyForMs: config.VERIFY_FOR,
		actionTimeoutMs: ACTION_TIMEOUT_MS,
		runnerStatus: path.resolve(inHome("status.json")),
		challengeKey: challengeKey(config.GATE_TOKEN ?? config.WEBHOOK_TOKEN),
		challenges: config.GATE_TOKEN !== undefined || config.GATE_SETTINGS_FILE !== undefined,
		gateHost: config.GATE_HOST,
		approvalRules: config.APPROVAL_RULES === undefined ? undefined : readApprovalRules(config.APPROVAL_RULES),
		gateFlag: path.resolve(config.GATE_FLAG_FILE ?? inHome("gate.json")),
	}
}
