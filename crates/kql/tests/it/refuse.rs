//! What is refused, with which code, and what it points to.

use kql::{Database, Datetime, Kind, Options, Schema, Table, Type, check, run};

fn database() -> Database {
    let mut database = Database::new();
    let columns = [("Title", Type::String), ("Number", Type::Int), ("Time", Type::Datetime), ("Data", Type::Dynamic)];
    database.insert("SecurityIncident", Table::empty(Schema::new(columns)));
    database
}

/// Checks that the query's first finding has this code of the vendor's language service and points to this text.
fn refused(query: &str, rule: &str, text: &str) {
    let errors = check(query, &database());
    let error = errors.first().unwrap_or_else(|| panic!("{query}\nis accepted"));
    let span = error.span.clone().unwrap_or_default();
    assert_eq!((error.rule, &query[span]), (rule, text), "{query}\n{error}");
}

#[test]
fn broken_queries_have_the_vendors_codes() {
    refused("SecurityIncident | wher Title == 'x'", "KS176", "wher");
    refused("SecurityIncident | where tolower(Title == 'x'", "KS005", "");
    refused("SecurityIncident | summarize n = count( by Title", "KS005", "by");
    refused("SecurityIncident | join (SecurityIncident)", "KS006", "");
    refused("SecurityIncident | where Title == 'x", "KS005", "");
    refused("SecurityIncident | where Titel == 'x'", "KS142", "Titel");
    refused("SecurityIncidents | take 1", "KS204", "SecurityIncidents");
    refused("SecurityIncident | extend x = tostringx(Title)", "KS211", "tostringx");
    refused("SecurityIncident | where Time > ago('x')", "KS107", "'x'");
    refused("SecurityIncident | where count() > 1", "KS144", "count");
    refused("SecurityIncident | where Title", "KS107", "Title");
    refused("SecurityIncident | where Number", "KS141", "Number");
    refused("SecurityIncident | where Data.flag", "KS141", "Data.flag");
    refused("SecurityIncident | extend x = Title + 'x'", "KS106", "Title + 'x'");
    refused("SecurityIncident | extend x = Title[0]", "KS147", "Title[0]");
    refused("SecurityIncident | summarize Title by Number", "KS236", "Title");
    refused("SecurityIncident | project Title, Title", "KS171", "Title");
    refused("SecurityIncident | join (SecurityIncident) on Missing", "KS145", "Missing");
    refused("SecurityIncident | join (SecurityIncident) on Data", "KS241", "Data");
    refused(
        "SecurityIncident | join (SecurityIncident) on $left.Title == $right.Number",
        "KS242",
        "$left.Title == $right.Number",
    );
    refused("SecurityIncident | mv-expand Title", "KS141", "Title");
    refused("SecurityIncident | summarize count() by Data", "KS116", "Data");
    refused("SecurityIncident | distinct Data", "KS116", "Data");
    refused("SecurityIncident | sort by Data.Name", "KS116", "Data.Name");
    refused("SecurityIncident | summarize dcount(Data)", "KS107", "Data");
    refused("SecurityIncident | summarize max(Data)", "KS107", "Data");
    refused("SecurityIncident | summarize arg_max(Data, *)", "KS107", "Data");
    refused("SecurityIncident | summarize sum(Data.Count)", "KS107", "Data.Count");
    refused("let x = 1; let x = 2; print x", "KS201", "x");
    refused("print x = abs()", "KS119", "abs");
}

#[test]
fn window_functions_need_rows_in_an_order() {
    refused("SecurityIncident | extend p = prev(Number)", "", "prev(Number)");
    refused("SecurityIncident | sort by Number | summarize by Number | extend n = next(Number)", "", "next(Number)");
    refused("SecurityIncident | sort by Number | mv-expand Data | where row_number() > 1", "", "row_number()");
    refused(
        "SecurityIncident | sort by Number | union SecurityIncident | extend r = row_number() + 1",
        "",
        "row_number()",
    );
    refused("let T = SecurityIncident; T | extend s = row_cumsum(Number)", "", "row_cumsum(Number)");
    for ordered in [
        "SecurityIncident | serialize p = prev(Number), r = row_number()",
        "SecurityIncident | sort by Number | where Number > 1 | project Number | take 3 | extend p = prev(Number)",
        "SecurityIncident | top 5 by Number | parse Title with 'x' y | extend n = next(y)",
        "let T = SecurityIncident | order by Number asc; T | extend s = row_cumsum(Number)",
        "range x from 1 to 3 step 1 | extend r = row_number()",
    ] {
        assert_eq!(check(ordered, &database()), [], "{ordered}");
    }
}

#[test]
fn several_findings_are_told_at_once() {
    let query = "print x = y, z = w; SecurityIncident | project Titel, Numbr";
    let errors = check(query, &database());
    let found: Vec<&str> = errors.iter().map(|error| &query[error.span.clone().unwrap_or_default()]).collect();
    assert_eq!(found, ["y", "Titel", "Numbr"]);
}

#[test]
fn hints_name_what_is_near() {
    for (query, hint) in [
        ("SecurityIncident | where Titel == 'x'", "Did you mean 'Title'?"),
        ("SecurityIncidents", "Did you mean 'SecurityIncident'?"),
        ("SecurityIncident | sumarize count()", "Did you mean 'summarize'?"),
        ("print tostrng(1)", "Did you mean 'tostring'?"),
    ] {
        let errors = check(query, &database());
        assert_eq!(errors[0].hint.as_deref(), Some(hint), "{query}");
    }
}

#[test]
fn what_the_engine_lacks_is_refused_by_name() {
    for (query, name) in [
        ("externaldata(a: string) ['https://example.org']", "externaldata"),
        ("SecurityIncident | facet by Title", "facet"),
        ("print geo_point_to_h3cell(1.0, 2.0)", "geo_point_to_h3cell"),
        ("workspace('other').SecurityIncident", "workspace"),
        ("SecurityIncident | evaluate autocluster()", "autocluster"),
    ] {
        let options = Options::at(Datetime::parse("2024-06-01").expect("a date"));
        let error = run(query, &database(), &options).expect_err(query);
        assert_eq!(error.kind, Kind::Unsupported, "{query}\n{error}");
        assert!(
            error.message.contains(name) || query[error.span.unwrap_or_default()].contains(name),
            "{query}\n{}",
            error.message
        );
    }
}

#[test]
fn expansion_is_bounded_however_functions_call_each_other() {
    let mut query = "let f0 = (x: long) { x + x };\n".to_owned();
    for level in 1..20 {
        query += &format!("let f{level} = (x: long) {{ f{}(x) + f{}(x) }};\n", level - 1, level - 1);
    }
    query += "SecurityIncident | project a = f19(tolong(Number))";
    let errors = check(&query, &database());
    assert_eq!(errors.first().map(|error| error.rule), Some("KS245"));

    let doubled: String = (1..200).map(|level| format!("let a{level} = a{0} + a{0};\n", level - 1)).collect();
    assert_eq!(check(&format!("let a0 = toscalar(print 1);\n{doubled}print a199"), &database()), []);

    let piped = format!("SecurityIncident {}", "| extend Number = Number + 1 ".repeat(2_000));
    assert_eq!(check(&piped, &database()), []);
    let unions = format!("{}SecurityIncident{}", "union (".repeat(60), ")".repeat(60));
    assert!(check(&unions, &database()).len() <= 1);
}
