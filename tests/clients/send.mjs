// The calls of src/banso_web/warehouse/tests/test_clients.py, by a client for Node that is used as it comes:
// node send.mjs segment|rudder URL WRITE_KEY NAME. Ends with 1 and says why where the client reports an error.
import { Analytics } from "@segment/analytics-node";
import RudderAnalytics from "@rudderstack/rudder-sdk-node";

const [, , which, url, writeKey, name] = process.argv;
const timestamp = new Date("2026-11-20T01:00:00Z");
const user = { userId: "u-1", timestamp };

function sendAll(client) {
  client.identify({ ...user, messageId: "identify-1", traits: { name, email: "takahashi@example.jp" } });
  client.group({ ...user, messageId: "group-1", groupId: "A010", traits: { name: "東和物流" } });
  for (let number = 0; number < 25; number++) {
    client.track({
      ...user,
      messageId: `track-${number}`,
      event: "一括申請",
      properties: { department: "営業部", number },
      context: { groupId: "A010" },
    });
  }
}

async function segment() {
  const client = new Analytics({ writeKey, host: url });
  client.on("error", fail);
  sendAll(client);
  await client.closeAndFlush();
}

async function rudder() {
  const client = new RudderAnalytics(writeKey, { dataPlaneUrl: url, errorHandler: fail });
  sendAll(client);
  await client.flush();
}

function fail(problem) {
  console.error(problem);
  process.exitCode = 1;
}

await { segment, rudder }[which]();
