/** A thing that a session did, from whichever source. Times are milliseconds since the epoch. */
export type SessionEvent = { readonly session: string; readonly at: number } & Deed

type Deed =
	/** A person or a program gives the session work. `asks`: whether its tool calls may wait for a person's permission. */
	| { readonly kind: "prompt"; readonly asks?: boolean | undefined }
	| {
			readonly kind: "call"
			readonly id: string
			readonly tool: string
			/** Equal for equal calls. */
			readonly input: string
			/** How long it runs at most by itself. */
			readonly allowedMs: number
			/** It is a question to a person. */
			readonly question: boolean
			/** A subagent's: it begins no turn of the conversation. */
			readonly inside?: boolean
	  }
	/** A call may run or may not, by a source that reports it of every call. */
	| { readonly kind: "decision"; readonly id: string; readonly tool: string; readonly asks?: boolean | undefined }
	| {
			readonly kind: "result"
			readonly id: string
			readonly tool: string
			readonly failed: boolean
			/** Equal for equal results; undefined where the source does not show it. */
			readonly output: string | undefined
			/** The call's, where the source shows it only now. */
			readonly input: string | undefined
			/** Equal outputs are equal results, not only of equal size. */
			readonly exact: boolean
			readonly inside?: boolean
	  }
	/** A call runs. */
	| { readonly kind: "running"; readonly id: string }
	/** The model's whole answer has arrived. */
	| { readonly kind: "answered" }
	/** Text of an answer that may be its last part. */
	| { readonly kind: "text" }
	/** The conversation waits for its next prompt. `reported`: by an event of its own, so that its absence says something. */
	| { readonly kind: "end"; readonly reported?: true }
	| { readonly kind: "api_error" }
	/** Something happened that changes no state, such as a part of an answer or a tool's progress. */
	| { readonly kind: "sign" }

/** Receives what sessions do. */
export type OnSessionEvent = (event: SessionEvent) => void
