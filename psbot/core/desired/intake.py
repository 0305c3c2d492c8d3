"""Intake."""

from dataclasses import dataclass

from psbot.core.desired.schedule import Context
from psbot.core.model.engagement import Engagement
from psbot.core.model.process import Question, QuestionGroup


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """A question that scoping has answered already."""

    ask: str
    why: str
    answer: str


@dataclass(frozen=True, slots=True)
class Intake:
    """The question bank for one engagement: what is known, what is still to be asked."""

    answered: tuple[AnsweredQuestion, ...]
    open: tuple[QuestionGroup, ...]

    @property
    def before_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions that the customer is asked to answer before the call."""
        return self._open_questions(before_call=True)

    @property
    def in_call(self) -> tuple[QuestionGroup, ...]:
        """Return the open questions that both sides go through in the call."""
        return self._open_questions(before_call=False)

    def _open_questions(self, *, before_call: bool) -> tuple[QuestionGroup, ...]:
        chosen = (
            QuestionGroup(
                group.title, tuple(each for each in group.questions if each.before_call == before_call)
            )
            for group in self.open
        )
        return tuple(group for group in chosen if group.questions)


def build_intake(context: Context) -> Intake:
    """Return the questions of the intake and the answers that the file gives."""
    answers = context.engagement.intake
    answered: list[AnsweredQuestion] = []
    groups: list[QuestionGroup] = []
    for group in context.process.questions:
        asked = [question for question in group.questions if _is_relevant(question, context.engagement)]
        answered += [
            AnsweredQuestion(each.ask, each.why, answers[each.id]) for each in asked if each.id in answers
        ]
        if still := tuple(question for question in asked if question.id not in answers):
            groups.append(QuestionGroup(group.title, still))
    return Intake(tuple(answered), tuple(groups))


def _is_relevant(question: Question, engagement: Engagement) -> bool:
    return question.hosting in ("both", engagement.hosting)
