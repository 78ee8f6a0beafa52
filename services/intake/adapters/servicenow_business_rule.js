/*
 * Gatehouse: tell of AI systems as their records change.
 *
 * Paste this as the script of a business rule on your AI system table:
 *   When: async     (an "after" rule would make people wait for us when they save)
 *   Insert, Update and Delete: checked
 *
 * Set these three system properties (System Properties, sys_properties.list; the last one of type password2):
 *   gatehouse.endpoint   https://<your gatehouse>/intake/v1/hooks/servicenow/<endpoint id>
 *   gatehouse.scheme     servicenow-mac  or  servicenow-secret  (as the endpoint was created)
 *   gatehouse.secret     the secret that was shown when the endpoint was created
 *
 * RESTMessageV2 does not try again: a delivery that fails is lost until the record changes next.
 */
(function executeRule(current, previous /* null on insert */) {
  var operations = { insert: "sn_create", update: "sn_update", delete: "sn_delete" };
  var record = {};
  var elements = current.getElements();
  for (var i = 0; i < elements.length; i++) {
    var name = elements[i].getName();
    record[name] = {
      value: current.getValue(name) || "", // raw: ids of choices and references, times in UTC
      display_value: current.getDisplayValue(name) || "" // as people read it
    };
  }
  record.sys_id = { value: current.getUniqueValue(), display_value: "" };

  var body = JSON.stringify({
    event: operations[current.operation()],
    table: current.getTableName(),
    record: record
  });

  var secret = gs.getProperty("gatehouse.secret");
  var request = new sn_ws.RESTMessageV2();
  request.setEndpoint(gs.getProperty("gatehouse.endpoint"));
  request.setHttpMethod("post");
  request.setHttpTimeout(10000);
  request.setRequestHeader("Content-Type", "application/json");
  if (gs.getProperty("gatehouse.scheme") === "servicenow-mac") {
    // The secret is base64 already, which is what generateMac expects; it answers base64 too.
    var mac = new GlideCertificateEncryption().generateMac(secret, "HmacSHA256", body);
    request.setRequestHeader("X-Gatehouse-Signature", mac);
  } else {
    request.setRequestHeader("X-Gatehouse-Secret", secret);
  }
  request.setRequestBody(body);

  try {
    var response = request.execute();
    if (response.getStatusCode() >= 300) {
      gs.warn("Gatehouse answered " + response.getStatusCode() + ": " + response.getBody());
    }
  } catch (failure) {
    gs.error("Gatehouse could not be reached: " + failure.message);
  }
})(current, previous);
