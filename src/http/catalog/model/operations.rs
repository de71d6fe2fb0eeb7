//! What can be done to documents: actions, functions, and what they answer.

use odata::edm::{
    Action, Annotation, ComplexType, Expr, Function, Parameter, Primitive, Property, Returns, Type,
};

use super::annotations::{OPTIONAL, label};

const STRING: Type = Type::Primitive(Primitive::String);
const OBJECT: Parameter = Parameter::new("object", Type::Named("Objects")).required();
const VERSION: Parameter = Parameter::new("version", Type::Named("Versions")).required();
const BUCKET: Parameter = Parameter::new("bucket", Type::Named("Buckets")).required();
const OBJECTS: Parameter = Parameter::new("objects", Type::Named("Objects"))
    .many()
    .required();

const AFTER: Parameter = Parameter::new("after", STRING)
    .max_length(1024)
    .annotations(&[
        OPTIONAL,
        describe("What the answer before had in next: what to go on behind"),
    ]);
const TARGET_BUCKET: Parameter = Parameter::new("targetBucket", STRING)
    .max_length(255)
    .annotations(&[
        OPTIONAL,
        label("Bucket"),
        describe("The same one if it is left out"),
    ]);
const TARGET_KEY: Parameter = Parameter::new("targetKey", STRING)
    .required()
    .max_length(1024)
    .annotations(&[
        label("Key"),
        describe("Key of the object, or, for a folder, of the folder with its slash"),
    ]);
const OVERWRITE: Parameter = Parameter::primitive("overwrite", Primitive::Boolean).annotations(&[
    OPTIONAL,
    label("Overwrite"),
    describe("Whether what is there is replaced; else it is left, and told as failure"),
]);

const PROGRESS: Returns = Returns::One(Type::Named("Progress"));

pub(super) const COMPLEX: &[ComplexType] = &[
    ComplexType::new(
        "Pair",
        &[
            Property::new("key", Primitive::String)
                .required()
                .max_length(128)
                .annotations(&[label("Key")]),
            Property::new("value", Primitive::String)
                .required()
                .max_length(2048)
                .annotations(&[label("Value")]),
        ],
    ),
    ComplexType::new(
        "Failure",
        &[
            Property::new("objectKey", Primitive::String)
                .required()
                .max_length(1024),
            Property::new("code", Primitive::String).required(),
            Property::new("message", Primitive::String).required(),
        ],
    ),
    ComplexType::new(
        "Progress",
        &[
            Property::new("objects", Primitive::Int64).required(),
            Property::new("bytes", Primitive::Int64).required(),
            // none: all is done
            Property::new("next", Primitive::String).max_length(1024),
            Property::complex("failures", "Failure").many().required(),
        ],
    ),
    ComplexType::new(
        "SharedLink",
        &[
            Property::new("url", Primitive::String).required(),
            Property::new("expires", Primitive::DateTimeOffset).required(),
        ],
    ),
];

pub(super) const ACTIONS: &[Action] = &[
    Action::bound("copy", &[OBJECT, TARGET_BUCKET, TARGET_KEY, OVERWRITE, AFTER])
        .returns(PROGRESS)
        .annotations(&[describe(
            "Copies an object, or what lies in a folder, inside S3; call again with next until that is null",
        )]),
    Action::bound("move", &[OBJECT, TARGET_BUCKET, TARGET_KEY, OVERWRITE, AFTER])
        .returns(PROGRESS)
        .annotations(&[describe(
            "Moves or renames an object, or what lies in a folder; call again with next until that is null",
        )]),
    Action::bound("deleteFolder", &[OBJECT, AFTER])
        .returns(PROGRESS)
        .annotations(&[describe(
            "Deletes what lies in a folder; call again with next until that is null",
        )]),
    Action::bound("undelete", &[OBJECT])
        .returns(Returns::Entity("Objects"))
        .annotations(&[describe(
            "Brings a deleted object back, where the bucket keeps versions",
        )]),
    Action::bound(
        "share",
        &[
            OBJECT,
            Parameter::primitive("seconds", Primitive::Int32).annotations(&[
                OPTIONAL,
                describe("How long the link is good: 300 if it is left out, 3600 at most"),
            ]),
        ],
    )
    .returns(Returns::One(Type::Named("SharedLink")))
    .annotations(&[describe(
        "A link that needs no token, if the operator allows it; whoever uses it has to reach S3's endpoint, which a browser outside can't through Private Link",
    )]),
    Action::bound("restore", &[VERSION])
        .returns(Returns::Entity("Objects"))
        .annotations(&[describe("Makes a version the latest again")]),
    Action::bound(
        "createFolder",
        &[
            BUCKET,
            Parameter::new("folder", STRING).required().max_length(1024),
        ],
    )
    .returns(Returns::Entity("Objects"))
    .annotations(&[describe("Creates a folder, by an empty object")]),
];

pub(super) const SUMMARY: Function = Function::new("summary", PROGRESS)
    .bound(&[OBJECT, AFTER])
    .annotations(&[describe(
        "How many objects a folder has and how large they are",
    )]);

pub(super) const ZIP: Function =
    Function::new("zip", Returns::One(Type::Primitive(Primitive::Stream)))
        .bound(&[
            OBJECTS,
            Parameter::new("folder", STRING)
                .max_length(1024)
                .annotations(&[OPTIONAL]),
            Parameter::new("keys", STRING)
                .many()
                .annotations(&[OPTIONAL]),
        ])
        .annotations(&[describe(
            "A folder, or the objects and folders with these keys, as ZIP archive",
        )]);

const fn describe(text: &'static str) -> Annotation {
    Annotation::new("Core.Description", Expr::String(text))
}
