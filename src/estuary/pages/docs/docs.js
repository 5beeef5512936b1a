// The page of the API's documentation: Swagger UI on the document that this service serves.

"use strict";

SwaggerUIBundle({
  url: "../openapi.json",
  dom_id: "#docs",
  deepLinking: true,
  // A token that is typed here is forgotten with the page.
  persistAuthorization: false,
  // Swagger UI would ask a validator on the internet.
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
});
