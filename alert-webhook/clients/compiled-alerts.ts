import type { AlertRule, Prometheus } from "../../core/clients/prometheus.ts"
import type { Clock } from "../../core/lib/clock.ts"
import { messageOf } from "../../core/lib/errors.ts"
import type { Logger } from "../../core/lib/log.ts"
import { withTimeout } from "../../core/lib/timeout.ts"

/** Intake waits no longer than this for Prometheus. */
const TIMEOUT_MS = 1_000
/** After a failure, Prometheus is not asked for this long. */
const PAUSE_MS = 30_000

/** The alerts that Prometheus has loaded, read once for all who need them. */
export class CompiledAlerts {
	readonly #prometheus: Pick<Prometheus, "alertRules">
	readonly #clock: Clock
	readonly #log: Logger
	#known: readonly AlertRule[] | undefined
	#readAt = Number.NEGATIVE_INFINITY
	#failedAt = Number.NEGATIVE_INFINITY

	constructor(prometheus: Pick<Prometheus, "alertRules">, clock: Clock, log: Logger) {
		this.#prometheus = prometheus
		this.#clock = clock
		this.#log = log
	}

	/**
	 * The alerts, read again when the last reading is older than `maxAgeMs` milliseconds.
	 *
	 * @throws ObservatoryError
	 */
	async recent(maxAgeMs: number): Promise<readonly AlertRule[]> {
		const isRecent = this.#clock.now() - this.#readAt <= maxAgeMs
		return isRecent && this.#known !== undefined ? this.#known : this.#read()
	}

	/**
	 * The alerts for the intake, read again when those of the last reading do not satisfy `suffices`; undefined before
	 * the first reading that worked. It neither fails nor waits long.
	 */
	async upTo(suffices: (known: readonly AlertRule[]) => boolean): Promise<readonly AlertRule[] | undefined> {
		if (this.#known !== undefined && suffices(this.#known)) return this.#known
		if (this.#clock.now() - this.#failedAt < PAUSE_MS) return this.#known
		try {
			const message = "Prometheus did not answer in time"
			return await withTimeout({ ms: TIMEOUT_MS, message }, () => this.#read())
		} catch (error) {
			this.#failedAt = this.#clock.now()
			this.#log.warn({ problem: messageOf(error) }, "cannot read the compiled alerts from Prometheus")
		}
		return this.#known
	}

	async #read(): Promise<readonly AlertRule[]> {
		const now = this.#clock.now()
		const alerts = await this.#prometheus.alertRules()
		this.#known = alerts
		this.#readAt = now
		return alerts
	}
}
