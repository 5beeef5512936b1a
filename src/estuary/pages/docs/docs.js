// The page of the API's documentation: Swagger UI on the document that this service serves.

"use strict";

// Swagger UI's own dark colours, where the browser is told to prefer such.
const dark = matchMedia("(prefers-color-scheme: dark)");
const colour = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
colour();
dark.addEventListener("change", colour);

// In descriptions a tag is text, and so is an image: Markdown would show either, but for code spans.
const asText = (markdown) =>
  markdown
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 ? part : part.replaceAll("<", "&lt;").replaceAll("![", "&#33;[")))
    .join("");

// The document as it is to be shown. An example of an optional parameter would be filled in where requests are tried:
// every trial would have the same Idempotency-Key. An underscore in an operation's address is taken for a blank.
function shown(member, name) {
  if (name === "operationId") return member.replaceAll("_", "-");
  if (typeof member === "string") return name === "description" ? asText(member) : member;
  if (Array.isArray(member)) return member.map((each) => shown(each));
  if (member === null || typeof member !== "object") return member;
  const isOptional = "in" in member && "schema" in member && !member.required;
  const entries = Object.entries(member).filter(([key]) => !(isOptional && key.startsWith("example")));
  return Object.fromEntries(entries.map(([key, value]) => [key, shown(value, key)]));
}

const ShownDocument = () => ({
  statePlugins: {
    spec: { wrapActions: { updateSpec: (update) => (text) => update(JSON.stringify(shown(JSON.parse(text)))) } },
  },
});

SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#docs",
  presets: [SwaggerUIBundle.presets.apis],
  plugins: [ShownDocument],
  layout: "BaseLayout",
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  // A token that is typed here is forgotten with the page.
  persistAuthorization: false,
  // Nobody who makes a link decides which document is shown.
  queryConfigEnabled: false,
  // Swagger UI would ask a validator on the internet.
  validatorUrl: null,
});

// What Swagger UI gives no name that a screen reader could say, or another than the one that is seen.
const named = (element, name) => element.getAttribute("aria-label") ?? element.setAttribute("aria-label", name);

function nameAll() {
  for (const each of document.querySelectorAll(".swagger-ui .modal-ux")) {
    each.role = "dialog";
    named(each, each.querySelector("h3").textContent);
  }
  for (const each of document.querySelectorAll(".swagger-ui .close-modal")) named(each, "Close");
  for (const each of document.querySelectorAll(".swagger-ui .body-param__text")) named(each, "Request body");
  for (const each of document.querySelectorAll(".swagger-ui tr[data-param-name] select"))
    named(each, each.closest("tr").dataset.paramName);
  for (const each of document.querySelectorAll(".swagger-ui .auth-btn-wrapper [aria-label]"))
    each.removeAttribute("aria-label");
  for (const each of document.querySelectorAll(".swagger-ui pre")) each.tabIndex = 0;
}

new MutationObserver(nameAll).observe(document.getElementById("docs"), { childList: true, subtree: true });
