package hub

import (
	"reflect"
	"runtime"
	"strings"
	"testing"

	"wschat/hub/loop"
)

// onNodes are the black-box tests of the chat, which go with users who are spread over three
// nodes as well.
func onNodes() []func(*testing.T) {
	return []func(*testing.T){
		TestForbiddenGroups,
		TestNoGroupsAtAll,
		TestMembershipFromBefore,
		TestPresenceInForbiddenGroup,
		TestRepeatedSend,
		TestLiveMessagesDuringCatchUp,
		TestCatchUpOfTwoConnections,
		TestTooSlowToCatchUp,
		TestConcurrentOrder,
		TestConcurrentLogins,
		TestJSONRequests,
		TestWelcome,
		TestJSONHistory,
		TestJSONHistoryOfPair,
		TestLineAndJSON,
		TestBinaryToJSON,
		TestPrivateCopies,
		TestJSONDoesNotUseUpWaiting,
		TestJoinedAndLeft,
		TestOnlineAndOffline,
		TestJSONGroupLimit,
		TestLoginAndExitNotices,
		TestLoginMessageDoesNothing,
		TestExitIsToldOnce,
		TestSeveralConnections,
		TestGivenIDs,
		TestUsersAndGroups,
		TestKick,
		TestKickWhileEntering,
		TestBan,
		TestModerator,
		TestModeratorKicks,
		TestPublish,
		TestPresenceGroup,
		TestPresenceNone,
		TestJoinAndLeave,
		TestTooManyGroups,
		TestWho,
		TestWhoManyUsers,
		TestHistory,
		TestHistoryLimit,
		TestSendPrivate,
		testMixedCrowd,
		TestSendToAll,
		TestSendToGroup,
		TestSendBinary,
		TestSendKeepsTheBody,
		TestSingle,
		TestSingleRace,
		TestWaitingMessages,
		TestGroupAndAllDoNotWait,
		TestWaitingOutlivesABrokenCatchUp,
		TestUnwrittenLiveMessageWaits,
		TestAmendments,
		TestAmendmentsRefused,
		TestAmendmentRepeated,
		TestAmendmentToNobody,
		TestAmendmentsAtATerminal,
		TestLineHistoryBehindReactions,
		TestWaitingReadsAsItIsNow,
		TestDeleteByOperator,
		TestHistoryAround,
		TestHistoryAroundLongMessages,
		TestMarks,
		TestMarksOfOneselfOnly,
		TestReadFollowsOwnSends,
		TestTyping,
		TestTopic,
		TestGroupDirectory,
		TestWhoIsAway,
		TestSearch,
		TestSearchGoesOn,
		TestFileOfDeletedMessageGoes,
		TestSlowHistoryTellsNothingDeleted,
	}
}

// onCluster are those of them in which keys of several slots have a part.
func onCluster() []func(*testing.T) {
	return []func(*testing.T){
		TestMembershipFromBefore,
		TestRepeatedSend,
		TestLiveMessagesDuringCatchUp,
		TestConcurrentOrder,
		TestConcurrentLogins,
		TestWelcome,
		TestJSONHistoryOfPair,
		TestPrivateCopies,
		TestJoinedAndLeft,
		TestUsersAndGroups,
		TestKick,
		TestBan,
		TestPresenceGroup,
		TestWho,
		TestSendPrivate,
		TestSingle,
		TestWaitingMessages,
		TestAmendments,
		TestWaitingReadsAsItIsNow,
		TestMarks,
		TestTopic,
		TestGroupDirectory,
	}
}

// RunOnNodes runs onNodes, or only onCluster.
func RunOnNodes(t *testing.T, cluster bool) {
	tests := onNodes()
	if cluster {
		tests = onCluster()
	}
	for _, test := range tests {
		name := runtime.FuncForPC(reflect.ValueOf(test).Pointer()).Name()
		t.Run(name[strings.LastIndex(name, ".")+1:], test)
	}
}

func testMixedCrowd(t *testing.T) { mixedCrowd(t, start(t, loop.Config{Loops: 2}, silent)) }
