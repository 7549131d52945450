import { usePipecatConversation, type ConversationMessagePart } from "@pipecat-ai/client-react";

/** The user's words, or the bot's: what was spoken of them, and what is still to come. */
function Words({ text }: Pick<ConversationMessagePart, "text">) {
  if (typeof text !== "object" || text === null || !("spoken" in text)) return <>{text} </>;
  return (
    <>
      {text.spoken}
      <i>{text.unspoken}</i>{" "}
    </>
  );
}

export function Transcript() {
  const { messages } = usePipecatConversation();
  return (
    <ol className="transcript" aria-live="polite">
      {messages.map(({ role, parts, createdAt }) => (
        <li key={`${role} ${createdAt}`} className={role}>
          {parts.map((part) => (
            <Words key={part.createdAt} text={part.text} />
          ))}
        </li>
      ))}
    </ol>
  );
}
