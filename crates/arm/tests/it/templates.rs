//! What templates deploy: names, loops, conditions, order, nested deployments, outputs.

use arm::{Kind, Placement, Template};
use serde_json::{Value, json};

use crate::cloud::{Cloud, SUBSCRIPTION, deploy, deploy_to, group, plan, whole};

/// The output `o` of a template that has these parameters, variables and functions.
fn output(template: Value, parameters: Value, expression: &Value) -> Result<Value, String> {
    let mut template = template;
    template["outputs"] = json!({"o": {"type": "any", "value": expression}});
    deploy(template, parameters).map(|deployed| deployed.outputs["o"].clone()).map_err(|error| error.to_string())
}

#[test]
fn names_have_values() {
    let template = json!({
        "parameters": {
            "a": {"type": "string", "defaultValue": "[concat(parameters('b'), '-', resourceGroup().location)]"},
            "b": {"type": "string", "defaultValue": "x"},
            "now": {"type": "string", "defaultValue": "[utcNow('yyyy-MM-dd')]"},
            "id": {"type": "string", "defaultValue": "[newGuid()]"},
            "none": {"type": "string", "nullable": true}
        },
        "variables": {
            "v": {"k[0]": "[parameters('A')]", "[parameters('b')]": "[[literal]"},
            "copy": [{"name": "many", "count": 2, "input": "[concat('n', copyIndex('many', 1))]"}],
            "inside": {"copy": [{"name": "list", "count": "[length(variables('many'))]", "input": {"i": "[copyIndex('list')]"}}], "x": 1}
        },
        "functions": [{"namespace": "f", "members": {"twice": {
            "parameters": [{"name": "t", "type": "string"}],
            "output": {"type": "string", "value": "[concat(parameters('t'), parameters('t'))]"}
        }, "four": {
            "parameters": [{"name": "t", "type": "string"}],
            "output": {"type": "string", "value": "[f.twice(f.twice(parameters('t')))]"}
        }}}]
    });
    let check = |expression: &str, expected: Value| {
        assert_eq!(output(template.clone(), json!({}), &Value::from(expression)), Ok(expected), "{expression}");
    };
    check("[parameters('a')]", json!("x-westeurope"));
    check("[parameters('now')]", json!("2026-11-25"));
    check("[parameters('id')]", json!("00000000-0000-0000-0000-000000000007"));
    check("[parameters('none')]", json!(null));
    check("[variables('V')]", json!({"k[0]": "x-westeurope", "x": "[literal]"}));
    check("[variables('v')['K[0]']]", json!("x-westeurope"));
    check("[variables('many')]", json!(["n1", "n2"]));
    check("[variables('inside')]", json!({"list": [{"i": 0}, {"i": 1}], "x": 1}));
    check("[F.Twice('ab')]", json!("abab"));
    check("[f.four('a')]", json!("aaaa"));
    check("[deployment().name]", json!("deployment"));
    check("[deployment().properties.template.parameters.b.defaultValue]", json!("x"));
    check("[subscription().subscriptionId]", json!(SUBSCRIPTION));
    check("[resourceId('Microsoft.Web/sites', 'a')]", json!(format!("{}/providers/Microsoft.Web/sites/a", group())));
    check(
        "[resourceId('other', 'Microsoft.Web/sites', 'a')]",
        json!(format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/other/providers/Microsoft.Web/sites/a")),
    );
    check("[environment().name]", json!("AzureCloud"));
}

#[test]
fn parameters_are_checked() {
    let check = |declaration: Value, given: Value, expected: &str| {
        let template = json!({"parameters": {"p": declaration}});
        let parameters = if given.is_null() { json!({}) } else { json!({ "p": given }) };
        let found = output(template, parameters, &json!("[parameters('p')]"));
        assert_eq!(found.map(|value| value.to_string()).unwrap_or_else(|error| error), expected);
    };
    check(json!({"type": "int"}), json!(1), "1");
    check(
        json!({"type": "INT"}),
        json!("1"),
        "The provided value for the template parameter 'p' is not valid. Expected a value of type 'Integer', but received a value of type 'String'. At 'parameters.p'.",
    );
    check(
        json!({"type": "string"}),
        json!(null),
        "The value for the template parameter 'p' is not provided. Please see https://aka.ms/arm-create-parameter-file for usage details. At 'parameters.p'.",
    );
    check(json!({"type": "string", "allowedValues": ["a", "b"]}), json!("B"), "\"B\"");
    check(
        json!({"type": "string", "allowedValues": ["a", "b"]}),
        json!("c"),
        "The provided value for the template parameter 'p' is not valid. The value is not part of the allowed value(s): 'a,b'. At 'parameters.p'.",
    );
    check(json!({"type": "array", "allowedValues": ["a", "b"]}), json!(["a"]), "[\"a\"]");
    check(
        json!({"type": "string", "minLength": 2}),
        json!("a"),
        "The provided value for the template parameter 'p' is not valid. Length of the value should be greater than or equal to '2'. At 'parameters.p'.",
    );
    check(
        json!({"type": "int", "maxValue": 2}),
        json!(3),
        "The provided value for the template parameter 'p' is not valid. The value should be less than or equal to '2'. At 'parameters.p'.",
    );
    check(
        json!({"type": "text"}),
        json!("a"),
        "The template parameter 'p': the type \"text\" is not one of 'string', 'securestring', 'int', 'bool', 'object', 'secureObject' and 'array'. At 'parameters.p'.",
    );
    check(
        json!({"type": "string", "defaultValue": "[parameters('p')]"}),
        json!(null),
        "Circular dependency detected on the template parameter 'p'. At 'parameters.p.defaultValue'.",
    );
    check(
        json!({"type": "object", "properties": {"a": {"type": "int"}}}),
        json!({"a": "x"}),
        "The provided value for the template parameter 'p' is not valid. Property 'a': Expected a value of type 'Integer', but received a value of type 'String'. At 'parameters.p'.",
    );
    check(json!({"$ref": "#/definitions/none"}), json!("a"), "\"a\"");
    let error = deploy(json!({"parameters": {"p": {"type": "string"}}}), json!({"p": "a", "q": 1}))
        .err()
        .expect("q is unknown");
    assert!(error.message.starts_with("The template parameters 'q' in the parameters file are not valid;"), "{error}");
}

#[test]
fn faults_have_a_path_and_a_place() {
    let text = r#"{
  "$schema": "s", "contentVersion": "1.0.0.0",
  "variables": { "a": { "b": ["[nothing()]"] } },
  "resources": [
    { "type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "[variables('a').b[0]]" }
  ]
}"#;
    let template = Template::parse(text).expect("it is a template");
    let error = plan(&template, &group(), json!({}), &Cloud::default()).expect_err("there is no such function");
    assert_eq!(error.path.to_string(), "variables.a.b[0]");
    assert_eq!(error.span.map(|span| (span.start, span.end)), Some((1, 8)));
    assert_eq!(error.position(text).map(|place| (place.line, place.column)), Some((3, 31)));
    assert_eq!((error.kind.clone(), error.code()), (Kind::Invalid, "InvalidTemplate"));
}

#[test]
fn shapes_are_checked() {
    let check = |template: Value, expected: &str| {
        assert_eq!(Template::new(template).err().map(|error| error.to_string()), Some(expected.to_owned()));
    };
    check(json!([]), "A template must be an object.");
    check(json!({"$schema": "s", "resources": []}), "Required property 'contentVersion' not found in JSON.");
    check(
        json!({"$schema": "s", "contentVersion": "1", "resources": {}}),
        "Resources with symbolic names need a 'languageVersion' of '2.0'; without it 'resources' is an array. At 'resources'.",
    );
    check(
        json!({"resource": 1}),
        "Could not find member 'resource' on object of type 'Template'. Members are '$schema, contentVersion, languageVersion, apiProfile, metadata, definitions, parameters, variables, functions, resources, outputs'. At 'resource'.",
    );
    check(json!({"extensions": {}}), "'extensions' of a template is not supported by this engine. At 'extensions'.");
    check(
        json!({"languageVersion": "3", "$schema": "s", "contentVersion": "1", "resources": []}),
        "The languageVersion '3' is not known: '1.0, 2.0, 1.9-experimental, 1.10-experimental, 2.1-experimental' are. At 'languageVersion'.",
    );
}

fn site(name: &str) -> Value {
    json!({"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": name})
}

fn with(mut resource: Value, members: Value) -> Value {
    for (name, value) in members.as_object().expect("members are an object") {
        resource[name] = value.clone();
    }
    resource
}

fn order(resources: Value) -> Result<Vec<String>, String> {
    let deployed = deploy(json!({ "resources": resources }), json!({})).map_err(|error| error.to_string())?;
    Ok(deployed.order.iter().map(|id| id.replace("/providers/Microsoft.Web/sites/", "")).collect())
}

#[test]
fn nothing_comes_before_what_it_waits_for() {
    let check = |resources: Value, expected: &[&str]| {
        assert_eq!(
            order(resources.clone()),
            Ok(expected.iter().map(|name| (*name).to_owned()).collect()),
            "{resources}"
        );
    };
    check(json!([site("a"), site("b")]), &["a", "b"]);
    for named in ["b", "B", "Microsoft.Web/sites/b", "[resourceId('Microsoft.Web/sites', 'b')]"] {
        check(json!([with(site("a"), json!({"dependsOn": [named]})), site("b")]), &["b", "a"]);
    }
    check(
        json!([
            with(site("a"), json!({"properties": {"x": "[reference('b').y]"}})),
            with(site("b"), json!({"properties": {"y": 1}}))
        ]),
        &["b", "a"],
    );
    check(
        json!([
            with(
                site("a"),
                json!({"properties": {"x": "[listKeys(resourceId('Microsoft.Web/sites', 'b'), '2022-09-01').value]"}})
            ),
            site("b")
        ]),
        &["b", "a"],
    );
    let looped = |mode: Value| {
        with(site("[concat('l', copyIndex())]"), json!({"copy": with(json!({"name": "loop", "count": 3}), mode)}))
    };
    check(json!([with(site("a"), json!({"dependsOn": ["loop"]})), looped(json!({}))]), &["l0", "l1", "l2", "a"]);
    check(json!([looped(json!({"mode": "serial", "batchSize": 2}))]), &["l0", "l1", "l2"]);
    check(
        json!([
            with(site("a"), json!({"dependsOn": ["loop"]})),
            with(site("l"), json!({"copy": {"name": "loop", "count": 0}}))
        ]),
        &["a"],
    );
    check(
        json!([with(site("a"), json!({"condition": "[equals(1, 2)]"})), with(site("b"), json!({"dependsOn": ["a"]}))]),
        &["b"],
    );
    check(
        json!([with(
            site("p"),
            json!({"resources": [{"type": "slots", "apiVersion": "2022-09-01", "name": "c", "dependsOn": ["p"]}]})
        )]),
        &["p", "/providers/Microsoft.Web/sites/p/slots/c".trim_start_matches("/providers/Microsoft.Web/sites/")],
    );
}

#[test]
fn serial_loops_wait_batch_by_batch() {
    let template = whole(json!({"resources": [with(site("[concat('l', copyIndex())]"), json!({"copy": {"name": "loop", "count": 5, "mode": "Serial", "batchSize": 2}}))]})).expect("it is a template");
    let plan = plan(&template, &group(), json!({}), &Cloud::default()).expect("it can be planned");
    let waits: Vec<&[usize]> = plan.resources().iter().map(|resource| resource.depends_on.as_slice()).collect();
    assert_eq!(waits, [&[][..], &[], &[0, 1], &[0, 1], &[2, 3]]);
}

#[test]
fn what_cannot_be_ordered_is_refused() {
    let check = |resources: Value, expected: &str| {
        assert_eq!(order(resources).err(), Some(expected.to_owned()));
    };
    check(
        json!([
            with(site("a"), json!({"dependsOn": ["b"]})),
            with(site("b"), json!({"dependsOn": ["a"]})),
            with(site("c"), json!({"dependsOn": ["a"]}))
        ]),
        &format!(
            "Circular dependency detected on resource: '{}/providers/Microsoft.Web/sites/b'. Please see https://aka.ms/arm-template/#resources for usage details. At 'resources[1]'.",
            group()
        ),
    );
    check(
        json!([with(site("a"), json!({"dependsOn": ["x"]}))]),
        "The resource 'x' is not defined in the template. Please see https://aka.ms/arm-template for usage details. At 'resources[0].dependsOn[0]'.",
    );
    check(
        json!([site("a"), site("A")]),
        "The resource 'Microsoft.Web/sites/A' is defined multiple times in a template. Please see https://aka.ms/arm-template/#resources for usage details. At 'resources[1]'.",
    );
    check(
        json!([site("a/b")]),
        "The template resource 'a/b' for type 'Microsoft.Web/sites' has incorrect segment lengths. A nested resource type must have identical number of segments as its resource name. A root resource type must have segment length one greater than its resource name. Please see https://aka.ms/arm-template/#resources for usage details. At 'resources[0]'.",
    );
    check(
        json!([with(site("a"), json!({"copy": {"name": "l", "count": 801}}))]),
        "The copy count '801' is not valid: it must be an integer between 0 and 800. At 'resources[0].copy.count'.",
    );
    check(
        json!([with(site("a"), json!({"condition": 1}))]),
        "The condition of the resource 'a' must be of type 'Boolean', and is of type 'Integer'. At 'resources[0].condition'.",
    );
    check(
        json!([{"type": "Microsoft.Web/sites", "name": "a"}]),
        "The template resource 'a' is missing its 'apiVersion' property. Please see https://aka.ms/arm-template/#resources for usage details. At 'resources[0]'.",
    );
    check(
        json!([with(
            site("a"),
            json!({"properties": {"x": "[reference(resourceId('Microsoft.Web/sites', 'z'), '2022-09-01')]"}})
        )]),
        &format!(
            "The Resource '{}/providers/Microsoft.Web/sites/z' was not found. At 'resources[0].properties.x'.",
            group()
        ),
    );
}

#[test]
fn ids_follow_from_scopes() {
    let check = |placement: &Placement, resource: Value, expected: &str| {
        let deployed =
            deploy_to(placement, json!({ "resources": [resource] }), json!({})).map(|deployed| deployed.order);
        assert_eq!(deployed.map_err(|error| error.to_string()), Ok(vec![expected.to_owned()]));
    };
    let subscription = Placement::Subscription("s".to_owned());
    let assignment = |members: Value| {
        with(
            json!({"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "r"}),
            members,
        )
    };
    check(&group(), assignment(json!({})), "/providers/Microsoft.Authorization/roleAssignments/r");
    check(
        &group(),
        assignment(json!({"scope": "Microsoft.Web/sites/a"})),
        "/providers/Microsoft.Web/sites/a/providers/Microsoft.Authorization/roleAssignments/r",
    );
    check(
        &group(),
        assignment(json!({"scope": "[resourceId('Microsoft.Web/sites', 'a')]"})),
        "/providers/Microsoft.Web/sites/a/providers/Microsoft.Authorization/roleAssignments/r",
    );
    check(
        &group(),
        assignment(json!({"scope": "/subscriptions/x"})),
        "/subscriptions/x/providers/Microsoft.Authorization/roleAssignments/r",
    );
    check(
        &group(),
        json!({"type": "Microsoft.Web/sites/providers/roleAssignments", "apiVersion": "2022-04-01", "name": "a/Microsoft.Authorization/r"}),
        "/providers/Microsoft.Web/sites/a/providers/Microsoft.Authorization/roleAssignments/r",
    );
    check(
        &subscription,
        json!({"type": "Microsoft.Resources/resourceGroups", "apiVersion": "2022-09-01", "name": "g"}),
        "/subscriptions/s/resourceGroups/g",
    );
    check(&subscription, assignment(json!({})), "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/r");
    let nested = |members: Value| {
        with(
            json!({"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "properties": {}}),
            members,
        )
    };
    check(
        &subscription,
        nested(json!({"resourceGroup": "g"})),
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.Resources/deployments/d",
    );
    check(
        &group(),
        nested(json!({"subscriptionId": "t", "resourceGroup": "g"})),
        "/subscriptions/t/resourceGroups/g/providers/Microsoft.Resources/deployments/d",
    );
    check(
        &group(),
        nested(json!({"subscriptionId": "t"})),
        "/subscriptions/t/providers/Microsoft.Resources/deployments/d",
    );
    check(&group(), nested(json!({"scope": "/"})), "/providers/Microsoft.Resources/deployments/d");
    let error = deploy(json!({"resources": [with(site("a"), json!({"resourceGroup": "g"}))]}), json!({}))
        .err()
        .expect("it is no deployment");
    assert_eq!(error.path.to_string(), "resources[0]");
}

#[test]
fn nested_templates_see_their_own_names_or_those_around_them() {
    let nested = |scope: &str| {
        json!({
            "variables": {"v": "outer"},
            "resources": [{
                "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "resourceGroup": "g",
                "properties": {
                    "mode": "Incremental",
                    "expressionEvaluationOptions": {"scope": scope},
                    "parameters": {"p": {"value": "[variables('v')]"}},
                    "template": {
                        "variables": {"v": "inner"},
                        "resources": [
                            {"type": "Microsoft.Web/sites", "name": "[variables('v')]"},
                            {"type": "Microsoft.Web/sites", "name": "[concat('l', copyIndex())]", "copy": {"name": "l", "count": 2}}
                        ]
                    }
                }
            }]
        })
    };
    let body = |scope: &str| {
        deploy(nested(scope), json!({})).expect("it deploys").bodies.into_values().next().expect("there is one")
    };
    let inner = body("Inner");
    assert_eq!(inner.pointer("/properties/template"), nested("x").pointer("/resources/0/properties/template"));
    assert_eq!(inner.pointer("/properties/parameters/p/value"), Some(&json!("outer")));
    assert_eq!(inner.get("resourceGroup"), None);
    let outer = body("outer");
    let names: Vec<&Value> = outer
        .pointer("/properties/template/resources")
        .and_then(Value::as_array)
        .expect("it has resources")
        .iter()
        .map(|resource| &resource["name"])
        .collect();
    assert_eq!(names, [&json!("outer"), &json!("l0"), &json!("l1")]);
    assert_eq!(outer.pointer("/properties/template/variables/v"), Some(&json!("inner")));
    let linked = json!({"resources": [{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "d", "properties": {"templateLink": {"uri": "https://a"}}}]});
    assert_eq!(deploy(linked, json!({})).err().map(|error| error.kind), Some(Kind::Unsupported));
}

#[test]
fn symbolic_names_stand_for_resources() {
    let template = json!({
        "languageVersion": "2.0",
        "resources": {
            "web": {"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "a", "properties": {"id": "[reference('identity').principalId]", "all": "[map(references('many'), lambda('m', lambdaVariables('m').n))]"}},
            "many": {"copy": {"name": "many", "count": 2}, "type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "[format('m{0}', copyIndex())]", "properties": {"n": "[copyIndex()]"}},
            "one": {"type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "z", "properties": {"first": "[reference(format('many[{0}]', 1)).n]"}, "dependsOn": ["[format('many[{0}]', 1)]", "there"]},
            "identity": {"type": "Microsoft.ManagedIdentity/userAssignedIdentities", "apiVersion": "2023-01-31", "name": "i", "properties": {"principalId": "p"}},
            "there": {"existing": true, "type": "Microsoft.Web/sites", "apiVersion": "2022-09-01", "name": "there"}
        },
        "outputs": {
            "web": {"type": "string", "value": "[reference('web', '2022-09-01', 'full').name]"},
            "no": {"type": "string", "condition": "[false()]", "value": "[reference('none').x]"},
            "secret": {"type": "securestring", "value": "hidden"},
            "all": {"type": "array", "copy": {"count": 2, "input": "[copyIndex()]"}}
        }
    });
    let deployed = deploy(template, json!({})).expect("it deploys");
    assert_eq!(
        deployed.order.iter().map(|id| id.rsplit('/').next().expect("an id has parts")).collect::<Vec<_>>(),
        ["m0", "m1", "i", "a", "z"]
    );
    let web = &deployed.bodies["/providers/Microsoft.Web/sites/a"];
    assert_eq!(web["properties"], json!({"id": "p", "all": [0, 1]}));
    assert_eq!(deployed.bodies["/providers/Microsoft.Web/sites/z"]["properties"]["first"], json!(1));
    assert_eq!(Value::Object(deployed.outputs), json!({"web": "a", "secret": null, "all": [0, 1]}));
}

#[test]
fn outputs_are_of_their_types() {
    let error =
        deploy(json!({"outputs": {"o": {"type": "int", "value": "a"}}}), json!({})).err().expect("it is a string");
    assert_eq!(
        error.to_string(),
        "The template output 'o' is not valid: Expected a value of type 'Integer', but received a value of type 'String'. At 'outputs.o'."
    );
}

#[test]
fn large_and_deep_templates_end_in_answers() {
    let many: Vec<Value> = (0..2_000)
        .map(|number| {
            with(
                site(&format!("s{number}")),
                json!({"properties": {"x": "[concat('a', string(length(variables('v'))))]"}}),
            )
        })
        .collect();
    let deployed = deploy(json!({"variables": {"v": [1, 2]}, "resources": many}), json!({})).expect("it deploys");
    assert_eq!(deployed.order.len(), 2_000);
    let deep = format!("{}1{}", r#"{"a":"#.repeat(5_000_000 / 5), "}".repeat(1_000_000));
    assert!(Template::parse(&deep).is_err());
    let long = format!("[concat('{}')]", "a".repeat(24_576));
    let error = deploy(
        json!({"variables": {"v": long}, "outputs": {"o": {"type": "string", "value": "[variables('v')]"}}}),
        json!({}),
    )
    .err()
    .expect("it is too long");
    assert_eq!(error.message, "The language expression length limit exceeded. Limit: '24576' and actual: '24588'.");
}
