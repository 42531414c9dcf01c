package view

import (
	"encoding/json"

	"sirocco/api/wire"
)

// ConversationConfiguration says what conversations of a type are like, in an organization or one of its teams.
type ConversationConfiguration struct {
	ID                        string                 `json:"id,omitempty" doc:"The organization's id, or the team's, a hyphen, and the conversation type's. Other operations take conversationType."`
	ConversationType          string                 `json:"conversationType,omitempty"`
	DisplayName               string                 `json:"displayName,omitempty" maxLength:"256" doc:"The name that people see."`
	OrgID                     string                 `json:"orgId,omitempty"`
	TeamID                    string                 `json:"teamId,omitempty"`
	UserID                    string                 `json:"userId,omitempty"`
	DisplayBookmarksInDebrief *bool                  `json:"displayBookmarksInDebrief,omitempty"`
	Expressions               []BookmarkExpression   `json:"expressions" nullable:"false" doc:"Regular expressions that set a bookmark when they are found."`
	OverrideAllExpressions    *bool                  `json:"overrideAllParentExpressions,omitempty" doc:"Its expressions take the place of the parent's altogether."`
	DebriefQuestions          []DebriefQuestion      `json:"debriefQuestions" nullable:"false" doc:"What is asked after the conversation."`
	TitleQuestionID           string                 `json:"titleQuestionId,omitempty"`
	ResultQuestionID          string                 `json:"resultQuestionId,omitempty"`
	TagConfigurations         *[]TagConfiguration    `json:"tagConfigurations,omitempty" nullable:"false" doc:"Tags that are put on a recording when a condition is met."`
	InheritedBookmarkIDs      *[]string              `json:"inheritedBookmarkConfigIds,omitempty" nullable:"false"`
	InheritedBookmarks        *map[string]FreeObject `json:"inheritedBookmarkConfigs_denormalized,omitempty" deprecated:"true" doc:"inheritedBookmarkConfigIds takes its place."`
	BelongsToConfigGroups     []string               `json:"belongsToConfigGroups" nullable:"false"`
	ChecklistID               string                 `json:"checklistId,omitempty" deprecated:"true" doc:"No longer read."`
	KnowledgeBaseIDs          *[]string              `json:"chatBotKnowledgeBaseIds,omitempty" nullable:"false"`
	BookmarkGroupIDs          *[]string              `json:"bookmarkGroupIds,omitempty" nullable:"false"`
	HalftimeModeEnabled       *bool                  `json:"halftimeModeEnabled,omitempty" doc:"Whether there are reports in the middle of a conversation."`
	SummaryPrompts            *[]SummaryPrompt       `json:"summaryPrompts,omitempty" nullable:"false"`
}

// BookmarkExpression sets a bookmark where one of its regular expressions is found.
type BookmarkExpression struct {
	Title           string          `json:"title"`
	Identifiers     []wire.Anything `json:"identifiers" nullable:"false"`
	Type            string          `json:"type" enum:"SECTION,KEY_WORD,CLOSE,SUCCESS,FAILURE,FILLER_WORD,CONVERSATION_BEGIN"`
	OverrideParent  bool            `json:"overrideParent" doc:"It takes the place of the parent's of the same title and type."`
	AdvancedModelID string          `json:"advancedBookmarkModelId,omitempty" deprecated:"true" doc:"No longer read."`
	ConfigID        string          `json:"bookmarkConfigId,omitempty"`
}

// DebriefQuestion is asked after a conversation.
type DebriefQuestion struct {
	ID                   string              `json:"id"`
	Prompt               string              `json:"prompt"`
	PromptDetails        string              `json:"promptDetails,omitempty"`
	ResponseType         string              `json:"responseType" enum:"DATE_RESPONSE,FREE_TEXT_RESPONSE,SELECT_RESPONSE"`
	ResponseConfig       ResponseConfig      `json:"responseConfig"`
	IncludeIf            *[]IncludeCondition `json:"includeIf,omitempty" nullable:"false"`
	OnlyIncludeIfFlagged *bool               `json:"onlyIncludeIfFlagged,omitempty"`
	SortValue            float64             `json:"sortValue"`
	SetResponseToField   string              `json:"setResponseToField,omitempty"`
	HideFromResults      *bool               `json:"hideFromResults,omitempty"`
}

// IncludeCondition says after which answer a question is asked.
type IncludeCondition struct {
	QuestionID string       `json:"questionId"`
	Value      TextOrNumber `json:"value"`
}

// TagConfiguration is a tag that is put on a recording when its condition is met.
type TagConfiguration struct {
	DisplayName string       `json:"displayName"`
	ApplyIf     TagCondition `json:"applyIf"`
}

// SummaryPrompt is what a summary is asked for.
type SummaryPrompt struct {
	ID           string  `json:"id"`
	PromptHeader string  `json:"promptHeader,omitempty"`
	Prompt       string  `json:"prompt"`
	PromptIndex  float64 `json:"promptIndex"`
}

// TextOrNumber is an answer to a question.
type TextOrNumber struct{ wire.Anything }

// Schema implements huma.SchemaProvider.
func (TextOrNumber) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{AnyOf: []*wire.Schema{{Type: wire.TypeString}, {Type: wire.TypeNumber}}}
}

// FreeObject is an object that is kept as it came.
type FreeObject map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (o *FreeObject) UnmarshalJSON(text []byte) error {
	return json.Unmarshal(text, (*map[string]any)(o))
}

// Schema implements huma.SchemaProvider.
func (FreeObject) Schema(wire.Schemas) *wire.Schema {
	return &wire.Schema{Type: wire.TypeObject, AdditionalProperties: true}
}

// ResponseConfig says how a question is answered: a date, free text, or one or several of some options.
type ResponseConfig struct{ wire.Anything }

// Schema implements huma.SchemaProvider.
func (ResponseConfig) Schema(wire.Schemas) *wire.Schema {
	return oneOfForms(
		form(map[string]string{"latestAllowableDate": "", "earliestAllowableDate": "", "includeTime": wire.TypeBoolean, "required": wire.TypeBoolean}, "includeTime", "required"),
		form(map[string]string{"interpretAsNumber": wire.TypeBoolean, "required": wire.TypeBoolean, "maxSize": wire.TypeNumber, "minSize": wire.TypeNumber, "customValidation": "",
			"validationErrorMessage": wire.TypeString}, "interpretAsNumber", "required"),
		form(map[string]string{"options": "list", "dropdown": wire.TypeBoolean, "minSelects": wire.TypeNumber, "maxSelects": wire.TypeNumber}, "options"),
	)
}

// TagCondition is a condition on a bookmark, an answer or the length of a recording, or several joined by AND or OR.
type TagCondition struct{ wire.Anything }

// Schema implements huma.SchemaProvider.
func (TagCondition) Schema(wire.Schemas) *wire.Schema {
	return oneOfForms(
		form(map[string]string{"tagExpressionType": "BOOKMARK_TAG_EXPRESSION", "bookmarkTitle": wire.TypeString, "bookmarkType": wire.TypeString, "evaluationMethod": wire.TypeString},
			"tagExpressionType", "bookmarkTitle", "bookmarkType", "evaluationMethod"),
		form(map[string]string{"tagExpressionType": "DEBRIEF_TAG_EXPRESSION", "questionId": wire.TypeString, "trueIfValueIs": ""}, "tagExpressionType", "questionId", "trueIfValueIs"),
		form(map[string]string{"tagExpressionType": "JOIN_TAG_EXPRESSION", "joinMethod": wire.TypeString, "childExpressions": "list"}, "tagExpressionType", "joinMethod", "childExpressions"),
		form(map[string]string{"tagExpressionType": "DURATION_TAG_EXPRESSION", "compareToDurationInMilliseconds": wire.TypeNumber, "comparisonMethod": wire.TypeString},
			"tagExpressionType", "compareToDurationInMilliseconds", "comparisonMethod"),
	)
}

func oneOfForms(forms ...*wire.Schema) *wire.Schema { return &wire.Schema{AnyOf: forms} }

// form is an object with properties of the types; "" is any type, "list" a list of anything, and what is no type a text that
// is just that.
func form(properties map[string]string, required ...string) *wire.Schema {
	s := &wire.Schema{Type: wire.TypeObject, Properties: map[string]*wire.Schema{}, Required: required}
	for name, kind := range properties {
		switch kind {
		case "":
			s.Properties[name] = &wire.Schema{}
		case "list":
			s.Properties[name] = &wire.Schema{Type: wire.TypeArray, Items: &wire.Schema{}}
		case wire.TypeString, wire.TypeNumber, wire.TypeBoolean:
			s.Properties[name] = &wire.Schema{Type: kind}
		default:
			s.Properties[name] = &wire.Schema{Type: wire.TypeString, Enum: []any{kind}}
		}
	}
	return s
}
