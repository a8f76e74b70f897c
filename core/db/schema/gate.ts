import { primaryKey, text } from "drizzle-orm/pg-core"
import { instant, observatory } from "./namespace.ts"

/** The latest answer of each host and each session to the webhook's challenges. */
export const gateAnswers = observatory.table(
	"gate_answers",
	{
		kind: text("kind").$type<"host" | "session">().notNull(),
		/** The host's name, or the session's id. */
		id: text("id").notNull(),
		/** The host on which its gate answered. */
		host: text("host").notNull(),
		/** When the webhook issued the challenge that its gate answered; null when a host's gate never did. */
		answeredAt: instant("answered_at"),
		/** When the webhook issued the challenge with which its host last reported. */
		seenAt: instant("seen_at").notNull(),
		/** The reason why a host's gate does not answer; null when it does. */
		problem: text("problem"),
	},
	(t) => [primaryKey({ columns: [t.kind, t.id] })],
)
