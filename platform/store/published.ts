/**
 * Whether a state is a fact that its channel publishes for others (the orders of an order channel, under `order`): any that is kept
 * neither under the channel's own name nor below it (`<channel>/...`). The states of its own a channel ends itself, by its timers; a published
 * fact nobody ends, so it belongs to the message that wrote it last and is removed with that message.
 */
export function isPublished(scope: string, channel: string): boolean {
  return scope !== channel && !scope.startsWith(`${channel}/`);
}
