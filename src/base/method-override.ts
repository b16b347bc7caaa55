/**
 * Names under which servers take another method than that of the request line, since old clients could send GET and
 * POST only. In headers: the first of Google's APIs, Symfony and the middleware of most frameworks, the second of
 * SharePoint and OData, the third of IBM. ASP.NET reads them from the query and from forms as well. `_method` is the
 * field of Rails, Laravel, Symfony and Spring, `$httpMethod` a parameter of Google's and OData's APIs.
 */

/** Folded (`header-name.ts`). */
export const overrideHeaders = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** Lower case, beside the names of the headers. */
export const overrideParameters = ['_method', '$httpmethod'];
