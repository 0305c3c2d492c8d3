"""The intake: which questions of the question bank concern an engagement, and which are still open."""

from dataclasses import dataclass

from psbot.core.desired.schedule import Context
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Question, QuestionGroup


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question with the answer that the engagement file gives."""

    ask: str
    why: str
    answer: str


@dataclass(frozen=True, slots=True)
class Intake:
    """The question bank for one engagement: answered and open questions."""

    answered: tuple[AnsweredQuestion, ...]
    open: tuple[QuestionGroup, ...]

    @property
    def before_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions that the customer answers before the call."""
        return self._open_questions(before_call=True)

    @property
    def in_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions for the call."""
        return self._open_questions(before_call=False)

    def _open_questions(self, *, before_call: bool) -> tuple[QuestionGroup, ...]:
        filtered = (
            QuestionGroup(
                group.title, tuple(each for each in group.questions if each.before_call == before_call)
            )
            for group in self.open
        )
        return tuple(group for group in filtered if group.questions)


def build_intake(context: Context) -> Intake:
    """Return the questions that concern the engagement, with the answers that its file gives."""
    answers = context.engagement.intake
    answered: list[AnsweredQuestion] = []
    groups: list[QuestionGroup] = []
    for group in context.process.questions:
        relevant = [question for question in group.questions if _is_relevant(question, context.engagement)]
        answered += [
            AnsweredQuestion(each.ask, each.why, answers[each.id]) for each in relevant if each.id in answers
        ]
        if unanswered := tuple(question for question in relevant if question.id not in answers):
            groups.append(QuestionGroup(group.title, unanswered))
    return Intake(tuple(answered), tuple(groups))


def _is_relevant(question: Question, engagement: Engagement) -> bool:
    return question.hosting in ("both", engagement.hosting)
