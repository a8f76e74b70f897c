import type { ClockStep } from "../../core/alerts/timing.ts"
import type { OnsetCertainty, StoredAssessment, Verdict } from "../../core/db/schema/index.ts"
import type { EscalationReason } from "./escalation/next.ts"

/** The states of a remediation, in the order in which it can reach them. */
export type RemediationState =
	| "withheld"
	| "shadowed"
	| "awaiting_approval"
	| "refused"
	| "expired"
	| "approved"
	| "running"
	| "verifying"
	| "succeeded"
	| "failed"

const FINAL: ReadonlySet<RemediationState> = new Set([
	"withheld",
	"shadowed",
	"refused",
	"expired",
	"succeeded",
	"failed",
])

/** Whether a remediation has ended in this state. */
export const isFinal = (state: RemediationState): boolean => FINAL.has(state)

/** The details of a remediation's events. */
export interface RemediationDetails {
	readonly action: string
	readonly target: string
	readonly reason: string | null
	readonly plan: readonly string[]
}

type RemediationEvent = {
	readonly [State in RemediationState]: { readonly kind: `remediation_${State}` } & RemediationDetails
}[RemediationState]

/**
 * Every event of an incident. The timeline stores `kind` and, as its details, the rest. A new kind does not compile
 * until the console has a text for it, and `store/record.ts` decides what is counted and audited.
 */
export type IncidentEvent =
	/** The beginning of the fault, as far as it is known. */
	| { readonly kind: "onset"; readonly certainty: OnsetCertainty; readonly from: string }
	/** The first evaluation for which the condition was true. */
	| { readonly kind: "pending" }
	| { readonly kind: "fired" }
	/** A channel accepted the alert. */
	| { readonly kind: "notified"; readonly channel: string; readonly evidence: "inbox" | "counter" | "page" }
	/** A step took longer than the worst case of the compiled alert. */
	| {
			readonly kind: "promise_broken"
			readonly step: ClockStep
			readonly tookMs: number
			readonly promisedMs: number
	  }
	/** By a notification for `receiver`, or without one for the `reason` given. */
	| { readonly kind: "received"; readonly receiver?: string; readonly reason?: string }
	/**
	 * `endsAt` is the alert's own end, or the start of the newer one; without it the end was our decision, for the
	 * `reason`.
	 */
	| { readonly kind: "resolved"; readonly endsAt?: string | Date | null; readonly reason?: string }
	| { readonly kind: "scored"; readonly assessments: readonly StoredAssessment[] }
	| { readonly kind: "acknowledged" }
	| { readonly kind: "acknowledgement_expired"; readonly by: string | null }
	| {
			readonly kind: "escalated"
			/** From 1. */
			readonly level: number
			readonly why: EscalationReason
			readonly contacts: readonly string[]
			readonly channels: readonly string[]
	  }
	/** The policy no longer exists, and no other applies. */
	| { readonly kind: "escalation_ended"; readonly policy: string }
	/** A maintenance window suppresses the response. */
	| { readonly kind: "suppressed"; readonly window: number; readonly reason: string; readonly until: Date }
	/** The last window that suppressed it has ended. */
	| { readonly kind: "resumed" }
	| { readonly kind: "closed"; readonly verdict: Verdict; readonly note?: string }
	| RemediationEvent

export type EventKind = IncidentEvent["kind"]

/** The event of one kind. */
export type EventOf<K extends EventKind> = Extract<IncidentEvent, { readonly kind: K }>
