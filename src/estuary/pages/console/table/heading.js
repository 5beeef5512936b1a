/** What a table is of, and what can be done with the resource or with the list that is shown. */

import { useApp } from "../context.js";
import { html } from "../html.js";
import { Button } from "../parts/button.js";
import { href } from "../router.js";
import { RequestButton } from "../snippets/request-button.js";
import { typedQuery } from "../snippets/typed-query.js";
import { exportQuery } from "./state.js";

export function Heading({ resource, state }) {
  const { rights } = useApp();
  const { name, title, singular, description, can, path } = resource;
  const refusal = rights.refusal(resource, "create");
  const query = exportQuery(state);
  const request = () => ({ method: "GET", path, query: typedQuery(resource, [...query, ["limit", state.limit]]) });
  return html`
    <div class="heading">
      <div>
        <h1>${title}</h1>
        <p class="muted">${description}</p>
      </div>
      <div class="heading-actions">
        ${can.read && html`<${RequestButton} request=${request} />`}
        ${can.read && html`<a class="button" href=${href(["resources", name, "export"], query)}>Export</a>`}
        ${can.create && html`<a class="button" href=${href(["resources", name, "import"])}>Import</a>`}
        ${can.create &&
        (refusal === undefined
          ? html`<a class="button primary" href=${href(["resources", name, "new"])}>New ${singular}</a>`
          : html`<${Button} kind="primary" refusal=${refusal}>New ${singular}<//>`)}
      </div>
    </div>
  `;
}
